"""Captured `-progress` lines become reports, a percentage and the time left."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.ffmpeg.progress import Progress, ProgressParser, fraction_done, seconds_left
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.plan import plan
from workers.media.planned import PlannedSound

CAPTURED = """frame=0
fps=0.00
stream_0_0_q=0.0
bitrate=N/A
total_size=N/A
out_time_us=N/A
out_time_ms=N/A
out_time=N/A
dup_frames=0
drop_frames=0
speed=N/A
progress=continue
frame=121
fps=80.35
stream_0_0_q=-1.0
bitrate= 951.2kbits/s
total_size=N/A
out_time_us=4958000
out_time_ms=4958000
out_time=00:00:04.958000
dup_frames=0
drop_frames=0
speed=3.29x
progress=continue
frame=515
fps=70.10
out_time_us=21541667
speed=2.9x
progress=end
"""
SOURCE = VideoStream(
    index=0, codec="h264", width=640, height=360, duration=20.0,
    avg_frame_rate=Fraction(25), base_frame_rate=Fraction(25),
)  # fmt: skip
PLAN = plan(MediaInfo("mov,mp4", 20.0, video=SOURCE), MISSION_LADDER)


def test_captured_lines() -> None:
    parser = ProgressParser()
    reports = [report for line in CAPTURED.splitlines() if (report := parser.feed(line))]
    assert reports == [
        Progress(out_time=None, frame=0),
        Progress(out_time=4.958, frame=121),
        Progress(out_time=21.541667, frame=515, done=True),
    ]


@pytest.mark.parametrize("line", ["", "noise", "=", "frame=\x00", "out_time_us=inf", "frame=1e999"])
def test_odd_lines_do_no_harm(line: str) -> None:
    parser = ProgressParser()
    assert parser.feed(line) is None
    assert parser.feed("out_time_us=-9223372036854775807") is None
    report = parser.feed("progress=continue")
    assert report is not None
    assert report.out_time is None or report.out_time == 0.0


def test_how_much_is_done() -> None:
    assert fraction_done(Progress(out_time=5.0, frame=125), PLAN) == 0.25
    assert fraction_done(Progress(out_time=19.0, frame=125), PLAN) == 0.25
    assert fraction_done(Progress(out_time=30.0, frame=900), PLAN) == 0.99
    assert fraction_done(Progress(done=True), PLAN) == 1.0
    assert fraction_done(Progress(), PLAN) is None
    unknown = replace(PLAN, duration=None, frame_count=None, total_duration=None)
    assert fraction_done(Progress(out_time=5.0, frame=125), unknown) is None


def test_a_poster_that_is_not_there_yet_does_not_hold_the_progress() -> None:
    assert fraction_done(Progress(out_time=0.0, frame=50), PLAN) == 0.1


def test_a_sound_that_stays_behind_does_not_hold_the_progress() -> None:
    sound = AudioStream(index=1, codec="aac", channels=2, sample_rate=48_000)
    other = PlannedSound("audio-2", sound, 2, 128_000, 48_000)
    report = Progress(out_time=10.0, frame=450)
    assert fraction_done(report, replace(PLAN, others=(other,))) == 0.9


def test_time_left() -> None:
    assert seconds_left(0.0, 10) is None
    assert seconds_left(0.2, 10) == 40
    assert seconds_left(1.0, 10) == 0
