"""Frames whose times are far ahead are found by what follows them."""

import random

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.plan import plan
from workers.media.strays import Stray, Strays, is_among, strays_of
from workers.media.without_strays import streams_of, without_strays

TIMES = [number / 25 for number in range(500)]


def test_times_in_order_have_no_strays() -> None:
    assert strays_of(TIMES) is None
    assert strays_of([]) is None


def test_a_pause_is_no_stray() -> None:
    assert strays_of([*TIMES[:100], *(time + 60 for time in TIMES[100:])]) is None


def test_one_picture_far_ahead() -> None:
    times = [*TIMES[:62], 10.48, *TIMES[63:]]
    found = strays_of(times)
    assert found == Strays((Stray(TIMES[61], 10.48, 10.48),), TIMES[-1])
    assert [each for each in times if not is_among(found.places[0], each, TIMES[61])] != times


def test_a_picture_that_comes_there_in_its_own_time_stays() -> None:
    stray = Stray(TIMES[61], TIMES[262], TIMES[262])
    assert is_among(stray, TIMES[262], TIMES[61])
    assert not is_among(stray, TIMES[262], TIMES[261])


def test_a_piece_of_a_file_far_ahead() -> None:
    times = [*TIMES[:100], *(time + 8 for time in TIMES[100:125]), *TIMES[125:]]
    found = strays_of(times)
    assert found is not None
    assert found.places == (Stray(TIMES[99], TIMES[100] + 8, TIMES[124] + 8),)


def test_the_first_ones_may_be_ahead() -> None:
    assert strays_of([9.0, 9.5, *TIMES[2:]]) == Strays((Stray(None, 9.0, 9.5),), TIMES[-1])


def test_what_is_too_early_is_passed_over_anyway() -> None:
    assert strays_of([*TIMES[:62], 0.5, *TIMES[63:]]) is None


def test_a_clock_that_begins_anew_is_not_judged() -> None:
    assert strays_of([*TIMES[:200], *TIMES[:300]]) is None


def test_where_most_is_in_disorder_nobody_knows_what_is_right() -> None:
    times = TIMES.copy()
    random.Random(1).shuffle(times)
    assert strays_of(times) is None


FILM = VideoStream(index=0, codec="h264", width=640, height=360, duration=310.0)
SOUND = AudioStream(index=1, codec="aac", channels=1, sample_rate=48_000, duration=12.0)


def test_a_length_that_is_that_of_a_broken_time_is_not_believed() -> None:
    made = plan(MediaInfo("matroska,webm", 310.0, video=FILM, audio=(SOUND,)), MISSION_LADDER)
    found = Strays((Stray(2.0, 309.96, 309.96),), 11.96)
    better = without_strays(made, {0: found})
    assert made.duration == 310.0
    assert better.video.strays == found.places
    assert (better.total_duration, better.duration) == (12.0, 12.0)
    assert [each.strays for each in streams_of(better)] == [found.places, ()]


def test_a_length_that_is_far_from_it_stays() -> None:
    made = plan(MediaInfo("matroska,webm", 310.0, video=FILM, audio=(SOUND,)), MISSION_LADDER)
    better = without_strays(made, {0: Strays((Stray(2.0, 40.0, 40.0),), 309.0)})
    assert better.duration == made.duration
