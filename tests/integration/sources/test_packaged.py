"""A source that players take as it is is streamed as it is; another one is not."""

from __future__ import annotations

import json
import random
import re
import subprocess
import uuid
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from core.model.states import Made
from core.tasks.spans import Listed
from tests.integration.sources.test_stream import bodies
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored
from workers.formats.boxes import Box, top_level
from workers.formats.chunks import read_tracks
from workers.formats.copyable import cuts, read_copyable
from workers.formats.known import Doubt
from workers.formats.segment import read_header, read_segment
from workers.formats.shape import DEFAULT_SHAPE
from workers.operations.transcode.packable import INVALID
from workers.sources.read import OUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

SECONDS = 5
# A picture of 25 a second with a keyframe every 2 s, and B-frames between.
PICTURE = (
    "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50",
)  # fmt: skip


@pytest.fixture
def film(tools: Tools, tmp_path: Path) -> Callable[..., Path]:
    def make(
        name: str = "film.mp4", *options: str, size: str = "640x480", seconds: int = SECONDS
    ) -> Path:
        return tools.make(
            tmp_path / name,
            "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25",
            "-f", "lavfi", "-i", "sine=f=220:beep_factor=4:r=48000",
            "-t", str(seconds), *PICTURE, "-c:a", "aac", *options,
        )  # fmt: skip

    return make


async def made_of(worker: Worker, storage: Storage, path: Path) -> Kept:
    worker.listing = kept = Kept()
    await worker.make(storage, await stored(storage, path.read_bytes()))
    return kept


def packets(tools: Tools, path: Path, kind: str) -> list[tuple[Fraction, str]]:
    """Return when each packet of a file is shown, in order, and its hash."""
    argv = [tools.ffprobe, "-v", "error", "-select_streams", kind, "-show_entries",
            "stream=time_base:packet=pts,data_hash", "-show_data_hash", "md5", "-of", "json",
            str(path)]  # fmt: skip
    found = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    base = Fraction(found["streams"][0]["time_base"])
    return sorted((each["pts"] * base, each["data_hash"]) for each in found["packets"])


async def whole(storage: Storage, kept: Kept, name: str, path: Path) -> Path:
    """Write a track into a file, once its segments were checked."""
    header, *segments = await bodies(storage, kept.tracks[name], kept.of(name))
    end = 0
    durations = [ticks for span in kept.of(name) for ticks in span.durations]
    for data, ticks in zip(segments, durations, strict=True):
        segment = read_segment(data)
        assert segment is not None
        assert (segment.start, segment.duration, segment.keyframe) == (end, ticks, True)
        end += ticks
    assert end / read_header(header).time_scale == pytest.approx(SECONDS, abs=0.05)
    path.write_bytes(header + b"".join(segments))
    return path


def times(found: list[tuple[Fraction, str]]) -> list[float]:
    """Return when packets are shown, counted from the first."""
    return [float(time - found[0][0]) for time, _ in found]


async def test_a_source_is_streamed_as_it_is(
    storage: Storage, tools: Tools, film: Callable[..., Path], worker: Worker, tmp_path: Path
) -> None:
    source = film(size="1280x720")
    kept = await made_of(worker, storage, source)
    made = {name: track.made for name, track in kept.tracks.items()}
    assert made == {"720p": Made.REMUXED, "audio": Made.REMUXED, "480p": Made.ENCODED}
    assert worker.notes.keys() == {"remuxed"}
    assert "failed to rename" not in worker.log  # as the sandbox would have it
    # It is there first, and can be watched without the rest.
    assert {span.track_id for span in kept.spans[0]} == {
        kept.tracks["720p"].id, kept.tracks["audio"].id,
    }  # fmt: skip
    assert (kept.first, kept.withdrawn) == (1, 0)
    assert kept.completed == {"720p", "audio"}
    for name, kind in (("720p", "v"), ("audio", "a")):
        path = await whole(storage, kept, name, tmp_path / f"{name}.mp4")
        there, wanted = packets(tools, path, kind), packets(tools, source, kind)
        wanted = [each for each in wanted if each[0] >= 0]
        assert times(there) == pytest.approx(times(wanted), abs=0.001)
        assert kind == "v" or [each for _, each in there] == [each for _, each in wanted]
        assert decoded(tools, path, kind) == decoded(tools, source, kind)[-len(there) :]
    # What x264 says of itself is gone.
    assert b"x264" not in b"".join(await bodies(storage, kept.tracks["720p"], kept.of("720p")))


def decoded(tools: Tools, path: Path, kind: str) -> list[str]:
    """Return the hashes of the pictures of a file; of sound nothing."""
    if kind == "a":
        return []
    argv = [tools.ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v", "-fps_mode",
            "passthrough", "-f", "framemd5", "-"]  # fmt: skip
    lines = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.split(",")[-1].strip() for line in lines if line[0] != "#"]


async def test_a_rung_that_is_packaged_is_not_encoded_for_the_stream_too(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    kept = await made_of(worker, storage, film(size="854x480"))
    made = {name: track.made for name, track in kept.tracks.items()}
    assert made == {"480p": Made.REMUXED, "audio": Made.REMUXED}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("-g", "200", "-keyint_min", "200"), "groups of pictures last"),
        (("-pix_fmt", "yuv444p"), "profile is 244"),
        (("-vf", "setsar=4/3"), "pixels are not square"),
        (("-flags", "+ilme+ildct"), "fields"),
        (("-g", "150", "-force_key_frames", "5.2,5.4,5.6,5.8"), "a segment would last 0.20 s"),
        (("-movflags", "frag_keyframe"), "fragmented"),
        (("-b:v", "20M", "-minrate", "20M", "-maxrate", "20M", "-bufsize", "1M",
          "-x264-params", "nal-hrd=cbr"), "bit rate"),
    ],
)  # fmt: skip
async def test_another_source_is_encoded(
    storage: Storage, film: Callable[..., Path], worker: Worker, options: tuple[str, ...], why: str
) -> None:
    planned = await worker.inspect(
        storage, await stored(storage, film("film.mp4", *options, seconds=7).read_bytes())
    )
    assert planned.plan["packaged"] is None
    assert re.search(f"not packaged: .*{why}", worker.log)


async def test_ffmpeg_cuts_where_it_was_forecast(
    storage: Storage, tools: Tools, film: Callable[..., Path], worker: Worker
) -> None:
    keys = [0, 1.0, 3.2, 5.0, 5.6, 6.4, 8.0, 9.2]
    path = film("film.mp4", "-g", "250", "-force_key_frames", ",".join(map(str, keys)), seconds=10)
    kept = await made_of(worker, storage, path)
    picture = kept.tracks["480p"]
    assert picture.made == Made.REMUXED
    lasts = [ticks / picture.time_scale for span in kept.of("480p") for ticks in span.durations]
    groups = [round((end - start) * 25) for start, end in pairwise([*keys, 10])]
    forecast = [ticks / 25 for ticks, _ in cuts([(each, 1) for each in groups], 25)]
    assert lasts == pytest.approx(forecast, abs=0.001)


async def test_pictures_that_need_one_before_their_group_are_taken_back(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    """Of an open group of pictures the index says nothing."""
    open_group = ("-x264-params", "open-gop=1:keyint=25:bframes=3", "-an")
    kept = await made_of(worker, storage, film("film.mp4", *open_group))
    assert "taken back: segment 1 of 480p: a segment does not begin with an IDR" in worker.log
    assert {name: track.made for name, track in kept.tracks.items()} == {"480p": Made.ENCODED}
    assert worker.notes == {}


async def test_sound_that_is_not_aac_is_encoded(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    kept = await made_of(worker, storage, film("film.mp4", "-c:a", "mp3"))
    made = {name: track.made for name, track in kept.tracks.items()}
    assert made == {"480p": Made.REMUXED, "audio": Made.ENCODED}
    # Nobody watches without the sound.
    assert kept.first is not None
    assert kept.tracks["audio"].id in {span.track_id for span in kept.spans[kept.first - 1]}


@pytest.mark.parametrize("codec", ["mp3", "aac"])
async def test_a_picture_does_not_stay_without_the_sound_that_could_not_be_streamed(
    storage: Storage, tools: Tools, film: Callable[..., Path], worker: Worker, tmp_path: Path,
    codec: str,
) -> None:  # fmt: skip
    source = film("film.mp4", "-c:a", codec, size="1280x720")
    # An FFmpeg that writes one more segment behind the last of an encoded size.
    mad = tmp_path / "ffmpeg"
    mad.write_text(
        f'#!/bin/sh\n{tools.ffmpeg} "$@" || exit\n[ -d {OUT} ] && echo > {OUT}/480p/3.m4s\n:\n'
    )
    mad.chmod(0o755)
    worker.ffmpeg, worker.sandbox = str(mad), False
    kept = await made_of(worker, storage, source)
    told = "The stream could not be made as planned: "
    if codec == "mp3":
        assert kept.tracks == {}
        assert worker.notes == {"not_streamed": [told + "players get whole files."]}
    else:
        assert sorted(kept.tracks) == ["720p", "audio"]
        assert worker.notes["not_streamed"] == [told + "it has the source as it is alone."]
        assert "remuxed" in worker.notes


async def test_an_operator_can_have_all_encoded(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    worker.ladder = replace(worker.ladder, packaged=False)
    kept = await made_of(worker, storage, film())
    assert {track.made for track in kept.tracks.values()} == {Made.ENCODED}


async def test_a_picture_that_begins_late_stands_from_the_beginning_on(
    storage: Storage, tools: Tools, film: Callable[..., Path], worker: Worker, tmp_path: Path
) -> None:
    late = tmp_path / "late.mp4"
    source = film()
    tools.make(late, "-i", str(source), "-itsoffset", "0.2", "-i", str(source),
               "-map", "0:a", "-map", "1:v", "-c", "copy")  # fmt: skip
    kept = await made_of(worker, storage, late)
    assert kept.tracks["480p"].made == Made.REMUXED
    header, *segments = await bodies(storage, kept.tracks["480p"], kept.of("480p"))
    path = tmp_path / "480p.mp4"
    path.write_bytes(header + b"".join(segments))
    there = times(packets(tools, path, "v"))
    assert there[:3] == pytest.approx([0, 0.24, 0.28], abs=0.001)


async def test_parameters_that_change_half_way_are_taken_back(
    storage: Storage, tools: Tools, film: Callable[..., Path], worker: Worker, tmp_path: Path
) -> None:
    """The second half has other parameter sets in its pictures, of which the index says nothing."""
    parts = [film(f"{number}.mp4", "-x264-params", f"ref={number}", "-bf", "0", "-an")
             for number in (1, 4)]  # fmt: skip
    raw = tmp_path / "both.h264"
    raw.write_bytes(b"".join(
        tools.make(path.with_suffix(".h264"), "-i", str(path), "-c", "copy").read_bytes()
        for path in parts
    ))  # fmt: skip
    both = tools.make(tmp_path / "both.mp4", "-r", "25", "-i", str(raw), "-c", "copy")
    kept = await made_of(worker, storage, both)
    assert "packaging is taken back: segment 2 of 480p: its parameter sets change" in worker.log
    made = {name: track.made for name, track in kept.tracks.items()}
    assert made == {"480p": Made.ENCODED}
    assert kept.first is not None
    seconds = [ticks / kept.tracks["480p"].time_scale for span in kept.of("480p")
               for ticks in span.durations]  # fmt: skip
    assert sum(seconds) == pytest.approx(2 * SECONDS, abs=0.1)


async def test_a_damaged_source_is_taken_back(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    """What a decoder complains of is not shown to one that nobody watches."""
    path = film("film.mp4", "-bf", "0")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 60_000
    data[middle : middle + 3_000] = bytes(3_000)
    path.write_bytes(data)
    kept = await made_of(worker, storage, path)
    assert "partly_damaged" in worker.notes
    assert {track.made for track in kept.tracks.values()} == {Made.ENCODED}
    assert kept.tracks.keys() == {"480p", "audio"}


async def test_a_later_attempt_goes_on_with_the_same_segments(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    claim = await stored(storage, film(size="1280x720").read_bytes())
    worker.listing = before = Kept()
    await worker.make(storage, claim)
    (worker.place / "out").rename(worker.place.with_name("before"))
    known = {}
    for name, count in (("720p", 2), ("audio", 1)):
        ticks = [each for span in before.of(name) for each in span.durations][:count]
        track = before.tracks[name]
        known[name] = Listed(track.id, track.init_sha256, count, sum(ticks), Made.REMUXED)
    worker.listing = after = Kept(known)
    await worker.make(storage, claim)
    assert (after.withdrawn, sorted(after.tracks)) == (0, ["480p"])
    after.tracks = before.tracks
    for name, count in (("720p", 2), ("audio", 1)):
        assert after.of(name)[0].first == count
        durations = [[d for s in kept.of(name) for d in s.durations] for kept in (before, after)]
        assert durations[0][count:] == durations[1]


async def test_a_later_attempt_leaves_what_was_encoded_in_its_place(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    worker.listing = Kept()
    claim = await stored(storage, film(size="1280x720").read_bytes())
    track = uuid.uuid4()
    worker.listing = kept = Kept({"audio": Listed(track, "another", 0, 0, Made.ENCODED)})
    await worker.make(storage, claim)
    assert {track.made for track in kept.tracks.values()} == {Made.ENCODED}


async def test_a_long_source_is_packaged_as_it_arrives(
    storage: Storage, film: Callable[..., Path], worker: Worker
) -> None:
    path = film(size="1280x720")
    worker.listing = kept = Kept()
    work = await stored(storage, path.read_bytes())
    await worker.make(storage, work, replace(DEFAULT_SHAPE, smallest=0, head=4096, tail=4096))
    assert "index first" in worker.log
    made = {name: track.made for name, track in kept.tracks.items()}
    assert made == {"720p": Made.REMUXED, "audio": Made.REMUXED, "480p": Made.ENCODED}


def test_no_index_does_more_than_be_refused(film: Callable[..., Path]) -> None:
    data = film().read_bytes()
    boxes = top_level(len(data), lambda start, end: data[start:end])
    box = next(each for each in boxes if each.kind == b"moov")
    index = data[box.start : box.end]
    moov = Box(box.kind, 0, box.body - box.start, len(index))
    whole = [read_copyable(index, moov, read_tracks(index, moov), number) for number in (0, 1)]
    assert (whole[0].samples, whole[0].seconds) == (125, 5)
    assert (whole[0].longest_group, whole[1].channels, whole[1].sample_rate) == (2, 1, 48_000)
    assert whole[0].peak >= whole[0].average > 10_000
    chance, refused = random.Random(5), 0
    for _ in range(1000):
        hurt = bytearray(index)
        for _ in range(chance.randint(1, 4)):
            hurt[chance.randrange(8, len(hurt))] = chance.choice([0, 1, 127, 255])
        try:
            tracks = read_tracks(bytes(hurt), moov)
            read_copyable(bytes(hurt), moov, tracks, chance.randint(0, 1))
        except (Doubt, *INVALID):
            refused += 1
    assert 100 < refused < 1000
