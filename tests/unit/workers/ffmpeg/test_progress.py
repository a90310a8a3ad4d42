"""Captured `-progress` lines become reports, a percentage and the time left."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.ffmpeg.progress import Progress, ProgressParser, RemainingTime, percent
from workers.media.info import MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER
from workers.media.plan import plan

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
PLAN = plan(MediaInfo("mov,mp4", 20.0, video=SOURCE), DEFAULT_LADDER)


def test_captured_lines() -> None:
    parser = ProgressParser()
    reports = [report for line in CAPTURED.splitlines() if (report := parser.feed(line))]
    assert reports == [
        Progress(out_time=None, frame=0, fps=0.0, speed=None),
        Progress(out_time=4.958, frame=121, fps=80.35, speed=3.29),
        Progress(out_time=21.541667, frame=515, fps=70.1, speed=2.9, done=True),
    ]


@pytest.mark.parametrize("line", ["", "noise", "=", "frame=\x00", "speed=infx", "fps=1e999"])
def test_odd_lines_do_no_harm(line: str) -> None:
    parser = ProgressParser()
    assert parser.feed(line) is None
    assert parser.feed("out_time_us=-9223372036854775807") is None
    report = parser.feed("progress=continue")
    assert report is not None
    assert report.out_time is None or report.out_time == 0.0


def test_percent() -> None:
    assert percent(Progress(out_time=5.0, frame=125), PLAN) == 25.0
    assert percent(Progress(out_time=19.0, frame=125), PLAN) == 25.0
    assert percent(Progress(out_time=30.0, frame=900), PLAN) == 99.0
    assert percent(Progress(done=True), PLAN) == 100.0
    assert percent(Progress(), PLAN) is None
    unknown = replace(PLAN, duration=None, frame_count=None, total_duration=None)
    assert percent(Progress(out_time=5.0, frame=125), unknown) is None


def test_time_left_is_smoothed() -> None:
    remaining = RemainingTime(total=100.0)
    assert remaining.update(Progress()) is None
    assert remaining.update(Progress(out_time=20.0, speed=2.0)) == 40.0
    after_a_hiccup = remaining.update(Progress(out_time=20.0, speed=1.0))
    assert after_a_hiccup == pytest.approx(80 / 1.8)
    assert remaining.update(Progress(out_time=120.0, speed=2.0)) == 0.0
    assert remaining.update(Progress(done=True)) == 0.0
    assert RemainingTime(total=None).update(Progress(out_time=1.0, speed=1.0)) is None
