"""What a ladder asks for is made: sizes that are streamed and no files, and other codecs."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.errors import TransientError
from core.model.states import Made
from tests.integration.sources.test_stream import bodies
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored
from workers.formats.segment import read_header, read_segment
from workers.media.ladder import DEFAULT_LADDER, Ladder, Rung
from workers.media.tracks import tracks_of
from workers.outputs.stream import Stream
from workers.sources.read import OUT

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

SECONDS, RATE = 3, 24
CODECS = Ladder(
    rungs=(
        Rung(180, 28, 400_000, 800_000),
        Rung(180, 30, 400_000, 800_000, codec="hevc"),
        Rung(180, 40, 400_000, 800_000, codec="av1"),
        Rung(120, 40, 300_000, 600_000, codec="av1", mp4=False),
    ),
    preset="ultrafast",
)


def film(
    tools: Tools, path: Path, size: str, seconds: int = SECONDS, sound_rate: int = 48_000
) -> bytes:
    made = tools.make(
        path,
        "-f", "lavfi", "-i", f"testsrc2=s={size}:r={RATE}",
        "-f", "lavfi", "-i", f"sine=f=220:r={sound_rate}",
        "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
    )  # fmt: skip
    return made.read_bytes()


async def counts(storage: Storage, kept: Kept, name: str) -> list[int]:
    """Return the pictures of each segment of a track, which all begin with a keyframe."""
    header, *segments = await bodies(storage, kept.tracks[name], kept.of(name))
    assert read_header(header).codecs == kept.tracks[name].codecs
    found = [read_segment(data) for data in segments]
    assert all(segment and segment.keyframe for segment in found)
    return [segment.samples for segment in found if segment]


async def test_by_default_more_sizes_are_streamed_than_there_are_files(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder = replace(DEFAULT_LADDER, preset="ultrafast", packaged=False)
    worker.listing = kept = Kept()
    source = film(tools, tmp_path / "film.mp4", "1920x1080")
    made = await worker.make(storage, await stored(storage, source))
    assert {asset.name: asset.height for asset in made} == {"720p": 720, "480p": 480}
    assert sorted(kept.tracks) == ["1080p", "360p", "480p", "720p", "audio"]
    # It can be watched as soon as the sound is there and one size, whichever is the first.
    assert kept.first is not None
    begun = {span.track_id for spans in kept.spans[: kept.first] for span in spans}
    assert kept.tracks["audio"].id in begun
    assert len(begun) >= 2
    for name, size in {
        "1080p": (1920, 1080), "720p": (1280, 720), "480p": (854, 480), "360p": (640, 360),
    }.items():  # fmt: skip
        assert await counts(storage, kept, name) == [48, 24]
        assert (kept.tracks[name].width, kept.tracks[name].height) == size


async def test_it_can_be_watched_before_the_larger_sizes_are_there(
    storage: Storage, tools: Tools, tmp_path: Path
) -> None:
    rungs = (Rung(180, 28, 400_000, 800_000), Rung(120, 28, 400_000, 800_000))
    source = tmp_path / "film.mp4"
    film(tools, source, "320x180")
    made = await tools.encode(source, tmp_path / "made", Ladder(rungs=rungs, preset="ultrafast"))
    place, kept = tmp_path / "place", Kept()
    place.mkdir()
    stream = Stream(storage, kept, tracks_of(made.plan), place, f"streams/{tmp_path.name}/")
    await stream.begin()

    def appear(name: str) -> None:
        shutil.copytree(tmp_path / "made" / name, place / name, dirs_exist_ok=True)

    steps: dict[str, set[str]] = {
        "audio": set(),  # heard alone it helps nobody
        "120p": {"120p", "audio"},
        "180p": {"180p", "120p", "audio"},
    }
    for name, there in steps.items():
        appear(name)
        await stream.grown()
        await stream._stored()
        assert set(kept.tracks) == there
    assert kept.first == 1
    await stream.finish()
    assert [len(kept.of(name)) for name in ("180p", "120p")] == [2, 2]


async def test_what_a_source_is_streamed_for_is_not_encoded(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    rungs = (Rung(360, 28, 9_000_000, mp4=False), Rung(180, 28, 400_000, 800_000))
    worker.ladder, worker.listing = Ladder(rungs=rungs, preset="ultrafast"), (kept := Kept())
    source = film(tools, tmp_path / "film.mp4", "640x360")
    made = await worker.make(storage, await stored(storage, source))
    assert [asset.name for asset in made] == ["180p"]
    assert {name: track.made for name, track in kept.tracks.items() if track.width} == {
        "360p": Made.REMUXED, "180p": Made.ENCODED,
    }  # fmt: skip
    assert worker.log.count("-crf:v:0") == 1
    assert "-crf:v:1" not in worker.log


async def test_a_rung_may_have_another_codec(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder, worker.listing = CODECS, (kept := Kept())
    made = await worker.make(
        storage, await stored(storage, film(tools, tmp_path / "film.mp4", "320x180"))
    )
    assert {asset.name: asset.video_codec for asset in made} == {
        "180p": "h264", "180p-hevc": "hevc", "180p-av1": "av1",
    }  # fmt: skip
    names = ["180p", "180p-hevc", "180p-av1", "120p-av1"]
    assert [kept.tracks[name].codecs for name in names] == [
        "avc1.42c00d", "hvc1.1.6.L60.90", "av01.0.00M.08", "av01.0.00M.08",
    ]  # fmt: skip
    # All are cut at the same pictures, each at a keyframe.
    assert [await counts(storage, kept, name) for name in names] == [[48, 24]] * 4
    for name in names:
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(b"".join(await bodies(storage, kept.tracks[name], kept.of(name))))
        # Each segment can be decoded by itself, with what its header says.
        assert decoded(tools, path) == SECONDS * RATE
    for asset in made:
        path = tmp_path / f"whole-{asset.name}.mp4"
        with path.open("wb") as file:
            async for chunk in storage.read_range(asset.s3_key, 0, asset.size - 1, None):
                file.write(chunk)
        assert b"hev1" not in path.read_bytes()
        assert decoded(tools, path) == SECONDS * RATE


def decoded(tools: Tools, path: Path) -> int:
    """Return how many pictures a decoder makes of a file."""
    argv = [
        tools.ffmpeg, "-nostdin", "-v", "error", "-i", str(path),
        "-map", "0:v", "-fps_mode", "passthrough", "-f", "framecrc", "-",
    ]  # fmt: skip
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


async def test_a_worker_leaves_what_it_cannot_encode_to_another(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder = CODECS
    worker.capabilities = replace(worker.capabilities, codecs=frozenset({"h264", "av1"}))
    work = await stored(storage, film(tools, tmp_path / "film.mp4", "320x180"))
    with pytest.raises(TransientError, match="cannot encode hevc") as raised:
        await worker.make(storage, work)
    assert not raised.value.charge


async def test_sizes_that_differ_in_their_pictures_are_not_streamed(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # An FFmpeg that loses the end of one size, and says nothing of it.
    forgetful = tmp_path / "ffmpeg"
    forgetful.write_text(f'#!/bin/sh\n{tools.ffmpeg} "$@" || exit\nrm -f {OUT}/120p/1.m4s\n')
    forgetful.chmod(0o755)
    rungs = (Rung(180, 28, 400_000, 800_000), Rung(120, 28, 400_000, 800_000, mp4=False))
    worker.ladder = Ladder(rungs=rungs, preset="ultrafast")
    worker.listing = kept = Kept()
    worker.ffmpeg, worker.sandbox = str(forgetful), False
    source = film(tools, tmp_path / "film.mp4", "320x180")
    made = await worker.make(storage, await stored(storage, source))
    assert [asset.name for asset in made] == ["180p"]
    assert kept.tracks == {}
