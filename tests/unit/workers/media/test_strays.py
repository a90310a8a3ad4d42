"""Frames whose times are far ahead are found by what follows them."""

import random
from dataclasses import replace

from workers.media.audio_plan import plan_audio
from workers.media.damage import Frame, without_those
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, MISSION_LADDER
from workers.media.plan import EncodePlan, plan
from workers.media.sounds import with_sounds
from workers.media.strays import Stray, Strays, is_among, one_is_ahead, strays_of
from workers.media.without_strays import has_strays, streams_of, without_strays

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
    frames = [Frame(time, 0.04, False) for time in times]
    assert without_those(frames, found.places) == [*frames[:62], *frames[63:]]
    assert without_those(frames, ()) == frames


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


def test_so_many_first_ones_may_be_a_clock_that_begins_anew() -> None:
    times = [9 + number / 25 for number in range(9)]
    assert strays_of([*times, *TIMES]) is None


def test_a_small_disorder_is_no_stray() -> None:
    swapped = [*TIMES[:62], TIMES[63], TIMES[62], *TIMES[64:]]
    assert strays_of(swapped) is None
    # Two recordings that overlap.
    assert strays_of([*TIMES[:400], *(time + TIMES[392] for time in TIMES)]) is None


def test_a_stray_among_disorder_is_found() -> None:
    # The decoder has put the one after it in another place.
    found = strays_of([*TIMES[:62], 40.0, TIMES[63], TIMES[62], *TIMES[63:]])
    assert found is not None
    assert found.places == (Stray(TIMES[61], 40.0, 40.0),)


def test_a_stray_beside_a_repeated_picture_is_found() -> None:
    found = strays_of([*TIMES[:62], 40.0, TIMES[61], *TIMES[62:]])
    assert found is not None
    assert found.places == (Stray(TIMES[61], 40.0, 40.0),)


def test_a_packet_ahead_is_seen_among_those_in_the_order_of_decoding() -> None:
    turned = [TIMES[number + (2, -1, -1)[number % 3]] for number in range(300)]
    assert not one_is_ahead(turned)
    assert not one_is_ahead([*TIMES[:100], *(time + 60 for time in TIMES[100:])])
    assert one_is_ahead([*turned[:60], 24.0, *turned[61:]])
    assert not one_is_ahead([*TIMES, 900.0])  # the last one may stand there
    assert not one_is_ahead([])


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
    assert isinstance(better, EncodePlan)
    assert made.duration == 310.0
    assert better.video.strays == found.places
    assert (better.total_duration, better.duration) == (12.0, 12.0)
    assert [each.strays for each in streams_of(better)] == [found.places, ()]


def test_other_sounds_are_not_longer_than_the_film_either() -> None:
    second = replace(SOUND, index=2, language="de")
    info = MediaInfo("matroska,webm", 310.0, video=FILM, audio=(SOUND, second))
    made: EncodePlan = with_sounds(plan(info, DEFAULT_LADDER), info, DEFAULT_LADDER)
    found = Strays((Stray(2.0, 309.96, 309.96),), 11.96)
    assert [each.length for each in made.others] == [310.0]
    better = without_strays(made, {0: found})
    assert [each.length for each in better.others] == [12.0]
    # The length of all may as well be that of a sound.
    film = replace(made, video=replace(FILM, duration=11.5), duration=11.5)
    better = without_strays(film, {2: found})
    assert better.total_duration == 12.0
    assert [each.audio.strays for each in better.others] == [found.places]


def test_the_length_of_a_sound_alone() -> None:
    made = plan_audio(
        MediaInfo("mka", 310.0, audio=(replace(SOUND, duration=None),)), MISSION_LADDER
    )
    better = without_strays(made, {1: Strays((Stray(2.0, 309.9, 309.9),), 11.98)})
    assert better.total_duration == 11.98
    assert has_strays(better)
    assert not has_strays(made)


def test_a_length_that_is_far_from_it_stays() -> None:
    made = plan(MediaInfo("matroska,webm", 310.0, video=FILM, audio=(SOUND,)), MISSION_LADDER)
    better = without_strays(made, {0: Strays((Stray(2.0, 40.0, 40.0),), 309.0)})
    assert isinstance(better, EncodePlan)
    assert better.duration == made.duration
