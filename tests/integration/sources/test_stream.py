"""What is streamed: segments are listed while the film is made, and hold all of it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.tasks.spans import Listed
from tests.support.streaming import Kept, up_to
from tests.support.transcoding import Worker, stored
from workers.formats.segment import read_header, read_segment

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.tasks.settle import NewAsset
    from core.tasks.spans import NewSpan, NewTrack
    from tests.integration.sources.conftest import Tools

SECONDS, RATE = 11, 25


@pytest.fixture(scope="session")
def film(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools.make(
        tmp_path_factory.mktemp("stream") / "film.mp4",
        "-f", "lavfi", "-i", f"testsrc2=s=854x480:r={RATE}",
        "-f", "lavfi", "-i", "sine=f=220:beep_factor=4:r=48000",
        "-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
    )  # fmt: skip


async def bodies(storage: Storage, track: NewTrack, spans: list[NewSpan]) -> list[bytes]:
    """Return the header of a track, then each of its segments."""
    found = []
    for span in spans:
        size = span.offset + sum(span.sizes)
        chunks = [chunk async for chunk in storage.read_range(span.s3_key, 0, size - 1, None)]
        data, at = b"".join(chunks), span.offset
        if span.first == 0:
            found.append(data[at - track.init_size : at])
        for size in span.sizes:
            found.append(data[at : at + size])
            at += size
    return found


async def fetched(storage: Storage, asset: NewAsset, path: Path) -> Path:
    """Have a file that was made on the disk; return where."""
    chunks = storage.read_range(asset.s3_key, 0, asset.size - 1, None)
    path.write_bytes(b"".join([chunk async for chunk in chunks]))
    return path


async def test_a_film_is_listed_in_segments(
    storage: Storage, tools: Tools, film: Path, worker: Worker, tmp_path: Path
) -> None:
    worker.listing = kept = Kept()
    await worker.make(storage, await stored(storage, film.read_bytes()))
    assert sorted(kept.tracks) == ["480p", "audio"]
    assert kept.first == 1
    # All tracks are in one object each time.
    assert all(len({span.s3_key for span in spans}) == 1 for spans in kept.spans)
    # The first ones each as it comes, in all tracks at once.
    assert [[span.first for span in spans] for spans in kept.spans[:3]] == [[0, 0], [1, 1], [2, 2]]
    picture, sound = kept.tracks["480p"], kept.tracks["audio"]
    assert (picture.codecs, sound.codecs) == ("avc1.42c01e", "mp4a.40.2")
    assert (picture.width, picture.height, picture.frame_rate) == (854, 480, "25/1")
    for name, track in kept.tracks.items():
        spans = kept.of(name)
        assert [span.first for span in spans[:3]] == [0, 1, 2]
        header, *segments = await bodies(storage, track, spans)
        assert read_header(header).time_scale == track.time_scale
        end = 0
        durations = [ticks for span in spans for ticks in span.durations]
        for data, ticks in zip(segments, durations, strict=True):
            segment = read_segment(data)
            assert segment is not None
            assert (segment.start, segment.duration, segment.keyframe) == (end, ticks, True)
            end += ticks
        assert end / track.time_scale == pytest.approx(SECONDS, abs=0.03)
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(header + b"".join(segments))
        info = await tools.probe(path)
        # It begins at 0: what is heard is in step with what is seen.
        streams = info.audio if name == "audio" else (info.video,)
        assert [stream and stream.start_time for stream in streams] == [0]
    frames = [ticks * RATE // picture.time_scale for s in kept.of("480p") for ticks in s.durations]
    assert frames == [50, 50, 50, 50, 50, 25]


async def test_sound_and_picture_of_a_stream_are_in_step(
    storage: Storage, tools: Tools, film: Path, worker: Worker, tmp_path: Path
) -> None:
    worker.listing = kept = Kept()
    (made,) = await worker.make(storage, await stored(storage, film.read_bytes()))
    await fetched(storage, made, tmp_path / "film.mp4")
    sound = await bodies(storage, kept.tracks["audio"], kept.of("audio"))
    (tmp_path / "audio.mp4").write_bytes(b"".join(sound))
    heard, whole = (packets(tools, tmp_path / name, "a") for name in ("audio.mp4", "film.mp4"))
    # But for the one that only gets the decoder going.
    assert heard == whole[1:]
    assert heard[0].split(",")[2].strip() == "0"


def packets(tools: Tools, path: Path, stream: str) -> list[str]:
    """Return the times of each packet of a stream, and its hash."""
    copied = ["-map", f"0:{stream}", "-c", "copy", "-f", "framehash", "-"]
    argv = [tools.ffmpeg, "-v", "error", "-i", str(path), *copied]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    # Without what is said beside the packet.
    return [line.split(", S=")[0] for line in done.stdout.splitlines() if line[0] != "#"]


async def test_a_later_attempt_lists_what_is_missing(
    storage: Storage, film: Path, worker: Worker
) -> None:
    claim = await stored(storage, film.read_bytes())
    worker.listing = before = Kept()
    await worker.make(storage, claim)
    (worker.place / "out").rename(worker.place.with_name("before"))
    worker.listing = after = up_to(before, **{"480p": 4, "audio": 3})
    there = len(after.spans)
    await worker.make(storage, replace(claim, attempt=2))
    assert (after.withdrawn, after.first) == (0, None)
    for name, count in (("480p", 4), ("audio", 3)):
        spans, whole = after.of(name), before.of(name)
        new = [span for at in after.spans[there:] for span in at if span in spans]
        assert new[0].first == count
        assert [ticks for span in spans for ticks in span.durations] == [
            ticks for span in whole for ticks in span.durations
        ]
    # No header is stored again: what comes first begins its object.
    assert after.spans[there][0].offset == 0


@pytest.mark.parametrize(
    ("header", "segments", "withdrawn"),
    [
        # Nothing was passed over yet: that track is listed again.
        ("another", 1, 1),
        (None, 1, 1),
        # The encode went on behind the first: it begins anew.
        (None, 2, 2),
    ],
)
async def test_an_attempt_that_makes_another_film_takes_back_what_was_listed(
    storage: Storage, film: Path, worker: Worker, header: str | None, segments: int,
    withdrawn: int,
) -> None:  # fmt: skip
    claim = await stored(storage, film.read_bytes())
    worker.listing = kept = Kept()
    await worker.make(storage, claim)
    (worker.place / "out").rename(worker.place.with_name("before"))
    track = kept.tracks["480p"]
    known = Listed(track.id, header or track.init_sha256, segments, 25_599)
    worker.listing = kept = Kept({"480p": known})
    made = await worker.make(storage, claim)
    assert made
    assert (kept.withdrawn, sorted(kept.tracks)) == (withdrawn, ["480p", "audio"])
    assert all(kept.of(name)[0].first == 0 for name in kept.tracks)
    assert track.id not in {each.id for each in kept.tracks.values()}


async def test_sound_alone_is_streamed_too(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    song = tools.make(tmp_path / "song.flac", "-f", "lavfi", "-i", "sine=f=220", "-t", "9.5")
    worker.listing = kept = Kept()
    await worker.make(storage, await stored(storage, song.read_bytes(), ".flac"))
    assert (list(kept.tracks), kept.first) == (["audio"], 1)
    seconds = [ticks / 44_100 for span in kept.of("audio") for ticks in span.durations]
    assert seconds == pytest.approx([4, 4, 1.5], abs=0.05)
