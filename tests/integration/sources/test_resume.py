"""An attempt goes on where the one before was ended: what was stored is not encoded again."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from core.errors import PermanentError
from tests.integration.sources.conftest import shared_clips
from tests.integration.sources.test_ladders import counts
from tests.integration.sources.test_stream import bodies, fetched, packets
from tests.support.streaming import Kept, up_to
from tests.support.transcoding import Worker, stored
from workers.formats.shape import DEFAULT_SHAPE, Shape
from workers.media.ladder import Ladder, Rung
from workers.media.limits import DEFAULT_LIMITS
from workers.sources.read import INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.tasks.claim import Work
    from core.tasks.settle import NewAsset
    from tests.integration.sources.conftest import Tools
    from workers.media.ladder import Codec

PIPED = Shape(smallest=0)
THREE, FOUR = (dict.fromkeys(("240p", "144p", "120p", "audio"), count) for count in (3, 4))
SECONDS = 11  # in six segments
LADDER = Ladder(
    rungs=(Rung(240, 26, 900_000), Rung(144, 26, 300_000), Rung(120, 26, 200_000, mp4=False)),
    preset="veryfast",  # with pictures that refer to later ones
    packaged=False,
)


@dataclass(frozen=True)
class Interrupted:
    """A film that was made, and of which the next attempt is to find a part.

    Attributes:
        work: of the next attempt.
        before: what was listed of all of it.
        kept: what is listed by now.
        whole: the files that were made.
    """

    work: Work
    before: Kept
    kept: Kept
    whole: Sequence[NewAsset]


def film(tools: Tools, path: Path, *extra: str) -> bytes:
    made = tools.make(
        path,
        "-f", "lavfi", "-i", "testsrc2=s=426x240:r=24000/1001",
        "-f", "lavfi", "-i", "sine=f=220:beep_factor=4:r=48000",
        *extra,
        "-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
    )  # fmt: skip
    return made.read_bytes()


def times(lines: list[str]) -> list[list[int]]:
    """Return when each packet is decoded and shown, and how long."""
    return [[int(field) for field in line.split(",")[1:4]] for line in lines]


def least_alike(tools: Tools, one: Path, other: Path) -> tuple[int, float]:
    """Return how many pictures two films have in common, and the PSNR of the two least alike."""
    argv = [tools.ffmpeg, "-v", "error", "-i", str(one), "-i", str(other)]
    graph = "[0:v][1:v]psnr=stats_file=-:shortest=1"
    done = subprocess.run(
        [*argv, "-lavfi", graph, "-f", "null", "-"], check=True, capture_output=True, text=True
    )
    found = [float(value) for value in re.findall(r"psnr_y:([\d.]+|inf)", done.stdout)]
    return len(found), min(found)


async def interrupted(
    storage: Storage, worker: Worker, source: bytes, ladder: Ladder, segments: dict[str, int],
    shape: Shape = DEFAULT_SHAPE, suffix: str = "",
) -> Interrupted:  # fmt: skip
    """Make a film, and forget all but so many segments of each track, as if its worker had died."""
    worker.ladder, worker.listing = ladder, (before := Kept())
    claim = await stored(storage, source, suffix)
    whole = await worker.make(storage, claim, shape)
    shutil.rmtree(worker.place / "out")
    worker.listing = kept = up_to(before, **segments)
    return Interrupted(replace(claim, attempt=2), before, kept, whole)


async def test_what_is_stored_is_not_encoded_again(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # The smallest one was ahead.
    segments = {"240p": 3, "144p": 3, "120p": 5, "audio": 4}
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, segments)
    before, kept, whole, pictures = again.before, again.kept, again.whole, len(worker.pictures)
    made = await worker.make(storage, again.work)
    assert "pictures go on at segment 2" in worker.log
    # The last segment of those that all have is made once more, and shown to fit.
    assert worker.log.count(f"trim=start_frame={2 * 48},") == 3
    assert kept.withdrawn == 0
    for name in before.tracks:
        spans = kept.of(name)
        ends = [span.start + sum(span.durations) for span in spans]
        assert [span.start for span in spans] == [0, *ends[:-1]]
        assert ends[-1] == (last := before.of(name)[-1]).start + sum(last.durations)
    assert await counts(storage, kept, "240p") == await counts(storage, before, "240p")

    assert [asset.name for asset in made] == [asset.name for asset in whole] == ["240p", "144p"]
    assert len(worker.pictures) == pictures
    for first, second in zip(whole, made, strict=True):
        assert (second.duration, second.width) == (first.duration, first.width)
        old = await fetched(storage, first, tmp_path / f"{first.name}-before.mp4")
        new = await fetched(storage, second, tmp_path / f"{first.name}-after.mp4")
        # What is seen up to there, and all that is heard, is what it was.
        assert packets(tools, new, "v")[: 3 * 48] == packets(tools, old, "v")[: 3 * 48]
        assert packets(tools, new, "a") == packets(tools, old, "a")
        assert times(packets(tools, new, "v")) == times(packets(tools, old, "v"))
        count, worst = least_alike(tools, old, new)
        assert count == len(packets(tools, old, "v")) == 264
        assert worst > 30
        streamed = tmp_path / "segments.mp4"
        parts = await bodies(storage, kept.tracks[first.name], kept.of(first.name))
        streamed.write_bytes(b"".join(parts))
        assert least_alike(tools, streamed, new) == (264, float("inf"))


@pytest.mark.parametrize("codec", ["hevc", "av1"])
async def test_other_codecs_go_on_too(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, codec: Codec
) -> None:
    rungs = (Rung(240, 30, 900_000, codec=codec), Rung(144, 26, 300_000))
    ladder = Ladder(rungs=rungs, packaged=False)
    segments = {f"240p-{codec}": 4, "144p": 4, "audio": 4}
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, ladder, segments)
    made = await worker.make(storage, again.work)
    assert "pictures go on at segment 3" in worker.log
    assert again.kept.withdrawn == 0
    old = await fetched(storage, again.whole[0], tmp_path / "before.mp4")
    new = await fetched(storage, made[0], tmp_path / "after.mp4")
    assert times(packets(tools, new, "v")) == times(packets(tools, old, "v"))
    count, worst = least_alike(tools, old, new)
    assert (count, worst > 30) == (264, True)


async def test_a_film_that_comes_through_a_pipe_goes_on_too(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, FOUR, PIPED)
    made = await worker.make(storage, again.work, PIPED)
    assert "pictures go on at segment 3" in worker.log
    assert not (worker.place / INPUT).exists()
    old = await fetched(storage, again.whole[0], tmp_path / "before.mp4")
    new = await fetched(storage, made[0], tmp_path / "after.mp4")
    assert times(packets(tools, new, "v")) == times(packets(tools, old, "v"))
    assert packets(tools, new, "a") == packets(tools, old, "a")


@pytest.mark.parametrize("broken", ["header", "end"])
async def test_what_does_not_fit_is_made_again_from_the_beginning(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, broken: str
) -> None:
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, THREE)
    kept = again.kept
    if broken == "header":  # as another release of the encoder may write it
        kept.tracks["144p"] = replace(kept.tracks["144p"], init_sha256="other")
    else:
        last = kept.spans[-1][0]
        kept.spans[-1][0] = replace(last, durations=(last.durations[0] + 1,))
    made = await worker.make(storage, again.work)
    assert "once more, from the beginning" in worker.log
    assert [asset.name for asset in made] == ["240p", "144p"]
    assert (kept.withdrawn > 0, [*worker.notes]) == (True, [])
    assert await counts(storage, kept, "240p") == await counts(storage, again.before, "240p")


async def test_a_file_of_a_size_that_is_not_streamed_is_made_from_the_beginning(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    rungs = (Rung(240, 26, 900_000, streamed=False), Rung(144, 26, 300_000))
    ladder = Ladder(rungs=rungs, packaged=False)
    source, segments = film(tools, tmp_path / "film.mp4"), {"144p": 4, "audio": 4}
    again = await interrupted(storage, worker, source, ladder, segments)
    kept = again.kept
    made = await worker.make(storage, again.work)
    assert [asset.name for asset in made] == ["240p", "144p"]
    assert "go on at" not in worker.log
    assert kept.withdrawn == 0


async def test_what_another_plan_has_made_is_not_gone_on_with(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, THREE)
    kept = again.kept
    # A second try of an attempt, as for a last picture that did not stand as it should.
    kept.spans = [
        [replace(span, s3_key=span.s3_key.replace("/0/", "/1/")) for span in at]
        for at in kept.spans
    ]
    made = await worker.make(storage, again.work)
    assert "go on at" not in worker.log
    assert [asset.name for asset in made] == ["240p", "144p"]


async def test_a_film_is_made_from_the_beginning_if_a_segment_is_gone(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, FOUR)
    kept = again.kept
    await storage.delete_prefix(kept.of("240p")[1].s3_key)
    made = await worker.make(storage, again.work)
    assert "is gone; once more, from the beginning" in worker.log
    # It is not the source that is gone, and nothing is told to people.
    assert ([asset.name for asset in made], [*worker.notes]) == (["240p", "144p"], [])
    assert await counts(storage, kept, "240p") == [48, 48, 48, 48, 48, 24]


async def test_a_film_is_made_from_the_beginning_if_its_file_lacks_pictures(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mp4")
    again = await interrupted(storage, worker, source, LADDER, FOUR)
    kept = again.kept
    # FFmpeg passes over a fragment that it cannot read, and says that all is well.
    span = kept.of("240p")[1]
    info = await storage.head(span.s3_key)
    assert info is not None
    chunks = storage.read_range(span.s3_key, 0, info.size - 1, None)
    data = b"".join([chunk async for chunk in chunks])
    at = data.index(b"moof", span.offset)
    await storage.put(span.s3_key, data[:at] + b"free" + data[at + 4 :], "video/mp4")
    made = await worker.make(storage, again.work)
    assert "pictures, and their segments" in worker.log
    assert [asset.name for asset in made] == ["240p", "144p"]


async def test_a_silent_film_goes_on_though_nothing_is_made_for_long(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = tools.make(
        tmp_path / "film.avi", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=24", "-t", "11",
        "-c:v", "mpeg4",
    )  # fmt: skip
    ladder, segments = replace(LADDER, storyboard=False), {"144p": 5, "120p": 5}
    again = await interrupted(storage, worker, source.read_bytes(), ladder, segments, suffix=".avi")
    # All it does for eight seconds of film is to decode them: as slowly as they are played.
    worker.ffmpeg = str(tmp_path / "ffmpeg")
    (tmp_path / "ffmpeg").write_text(
        f'#!/bin/sh\ncase "$*" in *hls_time*) exec {tools.ffmpeg} -readrate 2 "$@";; esac\n'
        f'exec {tools.ffmpeg} "$@"\n'
    )
    (tmp_path / "ffmpeg").chmod(0o755)
    worker.sandbox = False
    worker.limits = DEFAULT_LIMITS.model_copy(update={"stall_timeout_s": 1})
    made = await worker.make(storage, again.work)
    assert "pictures go on at segment 4" in worker.log
    assert [asset.duration for asset in made] == [11]


@pytest.mark.media
@pytest.mark.thorough("encodes every clip twice")
@pytest.mark.parametrize("name", shared_clips())
async def test_every_clip_goes_on(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, clip: Callable[[str], Path],
    name: str,
) -> None:  # fmt: skip
    rungs = (Rung(240, 23, 2_000_000), Rung(144, 23, 800_000))
    worker.ladder = Ladder(rungs=rungs, preset="ultrafast", packaged=False)
    worker.listing = before = Kept()
    path = clip(name)
    claim = await stored(storage, path.read_bytes(), path.suffix)
    try:
        whole = await worker.make(storage, claim)
    except PermanentError:
        pytest.skip("it is refused")
    many = {track: sum(len(each.sizes) for each in before.of(track)) for track in before.tracks}
    there = {track: (count + 1) // 2 for track, count in many.items()}
    if "240p" not in there or there["240p"] < 2:
        pytest.skip("it is too short")
    shutil.rmtree(worker.place / "out")
    worker.listing = kept = up_to(before, **there)
    made = await worker.make(storage, replace(claim, attempt=2))
    assert (f"pictures go on at segment {there['240p'] - 1}" in worker.log, kept.withdrawn) == (
        True,
        0,
    )
    for first, second in zip(whole, made, strict=True):
        assert (second.duration, second.width) == (first.duration, first.width)
        old = await fetched(storage, first, tmp_path / "before.mp4")
        new = await fetched(storage, second, tmp_path / "after.mp4")
        assert times(packets(tools, new, "v")) == times(packets(tools, old, "v"))
        if "audio" in before.tracks:
            assert packets(tools, new, "a") == packets(tools, old, "a")
        assert least_alike(tools, old, new)[1] > 20
