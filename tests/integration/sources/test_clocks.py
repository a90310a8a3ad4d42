"""A film with broken times comes out as one whose times are right."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.model.states import Made
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored
from workers.ffmpeg.diagnose import out_of_order, passed_over
from workers.ffmpeg.order import ordered_pictures, ordered_sound
from workers.ffmpeg.sound import EVEN
from workers.formats.shape import DEFAULT_SHAPE
from workers.media.info import AudioStream, VideoStream
from workers.sources.read import OUT

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools
    from workers.formats.shape import Shape

SECONDS, RATE = 5, 25
ARRIVING = replace(DEFAULT_SHAPE, smallest=0)
AHEAD = "setts=pts=PTS+eq(N\\,62)*40/TB"


def film(tools: Tools, path: Path, *options: str) -> bytes:
    return tools.make(
        path,
        "-f", "lavfi", "-i", f"testsrc2=s=640x480:r={RATE}:d={SECONDS}",
        "-f", "lavfi", "-i", f"sine=f=220:r=48000:d={SECONDS}",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50",
        "-c:a", "aac", *options,
    ).read_bytes()  # fmt: skip


@pytest.mark.parametrize("shape", [DEFAULT_SHAPE, ARRIVING], ids=["whole", "as it arrives"])
async def test_a_source_with_a_broken_time_is_encoded_without_it(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, shape: Shape
) -> None:
    """By its index players could take it as it is, but they would show it wrong."""
    source = film(tools, tmp_path / "film.mp4", "-bsf:v", AHEAD)
    worker.listing = kept = Kept()
    (made,) = await worker.make(storage, await stored(storage, source), shape)
    assert "in 1 place times are broken" in worker.log
    assert {track.made for track in kept.tracks.values()} == {Made.ENCODED}
    assert made.duration == pytest.approx(SECONDS, abs=0.1)
    picture = (await tools.probe(worker.place / OUT / f"{made.name}.mp4")).video
    assert picture is not None
    assert picture.frame_count == pytest.approx(SECONDS * RATE, abs=1)
    assert "partly_damaged" not in worker.notes  # one picture is not missed


async def test_a_length_that_comes_of_a_broken_time_is_not_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mkv", "-bsf:v", AHEAD)
    made = await worker.make(storage, await stored(storage, source))
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)
    assert worker.facts["duration"] == made[0].duration
    assert worker.plan is not None
    assert worker.plan["duration"] == pytest.approx(SECONDS, abs=0.1)


async def test_what_comes_too_late_for_its_time_is_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    """What a copy makes of a clock that leaps and comes back: the rest has nearly one time."""
    ahead = "between(N\\,50\\,74)*20/TB"
    source = film(tools, tmp_path / "film.mkv", "-bsf:v", f"setts=pts=PTS+{ahead}:dts=DTS+{ahead}")
    await worker.make(storage, await stored(storage, source))
    assert "partly_damaged" in worker.notes
    assert f"partly_damaged: {worker.notes['partly_damaged'][0]}" in worker.log


async def test_a_broken_time_hours_ahead_is_seen_while_a_picture_stands(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    """Up to the limit of a film there would be 4 h of one picture."""
    source = film(tools, tmp_path / "film.mp4", "-bsf:v", AHEAD.replace("40", "20000"))
    made = await worker.make(storage, await stored(storage, source))
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)
    assert worker.log.count("encoded in") == 1  # the first one was stopped


@pytest.mark.parametrize(
    ("moved", "lost", "far"),
    [
        ("0", False, False),
        ("-0.08*between(N\\,50\\,80)", False, False),  # overlaps a little
        ("2*eq(N\\,50)-9*eq(N\\,90)", True, True),
        ("-9*eq(N\\,90)", False, True),
        ("(50-N)/25*between(N\\,50\\,51)", False, False),  # two with one time
        ("(50-N)/25*between(N\\,50\\,53)", True, False),
    ],
)
async def test_ffmpeg_says_what_came_too_late(
    tools: Tools, moved: str, lost: bool, far: bool
) -> None:
    video = VideoStream(index=7, codec="h264", width=64, height=64)
    filters = ",".join([f"setpts=PTS+({moved})/TB", *ordered_pictures(video)])
    words = said(tools, "testsrc2=s=64x64:r=25:d=5", "-vf", filters)
    assert (7 in passed_over(words), 7 in out_of_order(words)) == (lost, lost or far)


@pytest.mark.parametrize(
    ("moved", "lost", "far"),
    [
        ("0", False, False),
        ("-0.05*gt(N\\,48000)", False, False),  # overlaps a little
        ("2*eq(N\\,48000)", True, True),
        ("-9*eq(N\\,48000)", False, True),
        ("-0.4*gt(N\\,48000)", False, False),  # of two recordings that were joined
        ("-0.7*gt(N\\,48000)", True, False),
        ("(48000-N)/48000*between(N\\,48000\\,144000)", True, False),  # a clock that stood
    ],
)
async def test_ffmpeg_says_what_sound_came_too_late(
    tools: Tools, moved: str, lost: bool, far: bool
) -> None:
    audio = AudioStream(index=8, codec="aac", channels=1, sample_rate=48_000)
    filters = ",".join([f"asetpts=PTS+({moved})/TB", *ordered_sound(audio)])
    words = said(tools, "sine=f=220:r=48000:d=5:samples_per_frame=1000", "-af", filters)
    assert (8 in passed_over(words), 8 in out_of_order(words)) == (lost, lost or far)


def said(tools: Tools, source: str, *options: str) -> str:
    argv = [tools.ffmpeg, "-v", "warning", "-f", "lavfi", "-i", source, *options, "-f", "null", "-"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stderr


@pytest.mark.parametrize(
    "moved",
    [
        "-mod(N/960\\,20)*0.02",  # bursts with one time
        "0.3*eq(mod(N/960\\,40)\\,20)",  # one is late now and then
        "max(0\\,10-mod(N/960\\,100))*0.02",  # a stall, then all at once
        "mod(N/960*7919\\,31)/1000-0.015",  # often off by 20 ms to the bit
    ],
)
async def test_sound_with_uneven_times_has_no_breaks(tools: Tools, moved: str) -> None:
    assert silences(tools, moved) == []


@pytest.mark.parametrize("gap", [0.043, 0.107, 0.3, 2.0])
async def test_where_sound_is_missing_it_is_silent_for_so_long(tools: Tools, gap: float) -> None:
    (silence,) = silences(tools, f"{gap}*gt(N\\,96000)")
    assert silence == pytest.approx(gap, abs=0.003)


def silences(tools: Tools, moved: str) -> list[float]:
    """Return for how long a tone with other times is silent, each time."""
    audio = AudioStream(index=8, codec="aac", channels=1, sample_rate=48_000)
    filters = [
        f"asetpts=PTS+({moved})/TB",
        *ordered_sound(audio),
        EVEN,
        "silencedetect=-50dB:0.004",
    ]
    words = said(
        tools, "aevalsrc=1:s=48000:d=5:n=960", "-af", ",".join(filters), "-v", "info", "-nostats"
    )
    return [float(each) for each in re.findall(r"silence_duration: ([\d.]+)", words)]
