"""An encode goes on behind what all sizes have, if the same plan has made it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.media.audio_plan import plan_audio
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, Ladder, Rung
from workers.media.plan import plan
from workers.media.resume import resume_at

RATE = Fraction(24)
FILM = VideoStream(
    index=0, codec="h264", width=1280, height=720, duration=60.0,
    avg_frame_rate=RATE, base_frame_rate=RATE,
)  # fmt: skip
INFO = MediaInfo("mov,mp4", 60.0, video=FILM)
PLAN = plan(INFO, DEFAULT_LADDER)
FIRST = frozenset({"0"})


@pytest.mark.parametrize(
    ("listed", "first"),
    [
        ({"720p": 10, "480p": 10, "360p": 10}, 9),
        ({"720p": 4, "480p": 4, "360p": 30}, 3),  # the smallest was ahead
        ({"720p": 1, "480p": 1, "360p": 1}, 0),
        ({"360p": 30}, 0),  # nothing but that
        ({}, 0),
    ],
)
def test_it_goes_on_at_the_last_segment_that_all_sizes_have(
    listed: dict[str, int], first: int
) -> None:
    assert resume_at(PLAN, listed, FIRST | {"lead"}) == first


def test_what_a_second_try_has_made_is_of_another_plan() -> None:
    assert resume_at(PLAN, {"720p": 9, "480p": 9, "360p": 9}, FIRST | {"1"}) == 0


def test_a_file_needs_segments() -> None:
    rungs = (Rung(720, 23, 4_000_000, streamed=False), Rung(480, 23, 2_000_000))
    assert resume_at(plan(INFO, Ladder(rungs=rungs)), {"480p": 9}, FIRST) == 0
    assert resume_at(replace(PLAN, streamed=False), {"720p": 9, "480p": 9}, FIRST) == 0


def test_sound_alone_is_made_anew() -> None:
    song = MediaInfo("mp3", 60.0, audio=(AudioStream(0, "mp3", 2, 44_100),))
    assert resume_at(plan_audio(song, DEFAULT_LADDER), {"audio": 9}, FIRST) == 0
