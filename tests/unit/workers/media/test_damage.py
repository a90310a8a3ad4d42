"""What is missing between the frames of a stream is found, and nothing else."""

from dataclasses import replace

import pytest

from workers.media.damage import WHOLE, Damage, Frame, damage, stops_early, uneven

FRAMES = [Frame(number / 25, 0.04, False) for number in range(500)]


MADE = 20.0


def without(first: int, last: int) -> list[Frame]:
    return FRAMES[:first] + FRAMES[last:]


def faulty(*numbers: int) -> list[Frame]:
    return [replace(each, faulty=number in numbers) for number, each in enumerate(FRAMES)]


def rounded(found: Damage | None) -> tuple[list[tuple[float, float]], float]:
    assert found is not None
    return [(round(p.start, 2), round(p.seconds, 2)) for p in found.places], round(found.lost, 2)


def test_whole() -> None:
    assert damage(FRAMES, MADE) == WHOLE
    assert damage([], MADE) == WHOLE


def test_a_gap_has_its_place_and_length() -> None:
    assert rounded(damage(without(250, 300), MADE)) == ([(10.0, 2.0)], 2.0)


def test_what_comes_after_its_time_is_missing_and_no_reason_to_refuse() -> None:
    # Two recordings that were put together; each has a clock of its own.
    both = FRAMES[:50] + FRAMES[:125]
    assert rounded(damage(both, 5.0)) == ([(2.0, 1.88)], 0.0)
    assert damage(FRAMES[:50] + FRAMES[45:125], 5.0) == WHOLE
    assert damage(both, 7.0) == WHOLE  # it was made behind the other


def test_broken_frames_are_damage_but_are_not_lost() -> None:
    assert rounded(damage(faulty(250, 251, 252), MADE)) == ([(10.0, 0.12)], 0.0)
    assert rounded(damage(faulty(250), MADE)) == ([(10.0, 0.04)], 0.0)


def test_near_places_are_one_and_far_ones_are_two() -> None:
    near = damage(faulty(250, 251, 260, 261), MADE)
    far = damage(faulty(100, 101, 250, 251), MADE)
    assert rounded(near) == ([(10.0, 0.16)], 0.0)
    assert rounded(far) == ([(4.0, 0.08), (10.0, 0.08)], 0.0)


@pytest.mark.parametrize(
    "frames",
    [
        without(250, 252),
        faulty(0),  # it begins between keyframes
    ],
    ids=["two frames", "the beginning"],
)
def test_what_nobody_sees_is_no_damage(frames: list[Frame]) -> None:
    assert damage(frames, MADE) == WHOLE


def test_single_frames_are_missed_where_packets_were_refused() -> None:
    some = [each for number, each in enumerate(FRAMES) if number not in (100, 200, 300, 400)]
    assert damage(some, MADE) == WHOLE
    assert rounded(damage(some, MADE, refused=True)) == (
        [(4.0, 0.04), (8.0, 0.04), (12.0, 0.04), (16.0, 0.04)], 0.16,
    )  # fmt: skip


def test_a_pause_of_an_unsteady_stream_is_a_loss_only_beside_broken_data() -> None:
    pause = without(250, 300)
    assert damage(pause, MADE, steady=False) == WHOLE
    pause[249] = replace(pause[249], faulty=True)
    assert rounded(damage(pause, MADE, steady=False))[1] == 2.0


def test_frames_of_which_nothing_says_how_long_they_last_last_as_usual() -> None:
    silent = [replace(each, seconds=0.0) for each in FRAMES]
    assert damage(silent, MADE, refused=True) == WHOLE
    assert rounded(damage(silent[:250] + silent[300:], MADE)) == ([(10.0, 2.0)], 2.0)


def test_a_frame_that_lasts_until_the_next_leaves_no_gap() -> None:
    lasting = without(250, 300)
    lasting[249] = replace(lasting[249], seconds=2.04)
    assert damage(lasting, MADE) == WHOLE


def jumped(by: float) -> list[Frame]:
    later = [replace(each, start=each.start + by) for each in without(0, 250)]
    return [*FRAMES[:250], *later[:50], *later[100:]]


@pytest.mark.parametrize("by", [3600.0, -3600.0])
def test_a_clock_that_begins_anew_is_no_loss(by: float) -> None:
    assert rounded(damage(jumped(by), MADE)) == ([(12.0, 2.0)], 2.0)


def test_a_jump_that_is_in_the_output_is_a_loss() -> None:
    assert rounded(damage(jumped(60.0), 80.0)) == ([(10.0, 60.0), (72.0, 2.0)], 62.0)


def sent(frames: list[Frame], cut: int) -> list[Frame]:
    """Give them places in a file of 1,000 bytes a frame, of which `cut` bytes are gone."""
    return [
        replace(each, byte=round(each.start * 25_000) - (cut if each.start > 10 else 0))
        for each in frames
    ]


def test_what_no_bytes_are_there_for_is_told_but_is_not_lost() -> None:
    pause = without(250, 300)
    assert rounded(damage(sent(pause, 50_000), MADE)) == ([(10.0, 2.0)], 0.0)
    assert rounded(damage(sent(pause, 0), MADE)) == ([(10.0, 2.0)], 2.0)


def test_what_a_clock_leaps_over_is_a_pause() -> None:
    found = damage(jumped(60.0), MADE)
    assert found is not None
    assert found.paused == pytest.approx(60.0)
    assert damage([*FRAMES[:250], *jumped(60.0)[250:300]], 12.0) == Damage(paused=60.0)


def test_a_decoder_that_always_complains_tells_of_no_place() -> None:
    assert damage(faulty(*range(300)), MADE) is None


def test_few_frames_of_many_packets_are_a_loss_where_pauses_tell_nothing() -> None:
    assert uneven(WHOLE, MADE, 100, 500).lost == pytest.approx(16.0)
    assert uneven(Damage(lost=18.0), MADE, 100, 500).lost == 18.0
    # Two packets may hold the fields of one frame.
    assert uneven(WHOLE, MADE, 250, 500) == WHOLE
    assert uneven(WHOLE, MADE, 100, 0) == WHOLE


def test_where_times_are_only_counted_a_refused_packet_is_a_loss_however_short_it_looks() -> None:
    at_one = without(250, 251)
    assert damage(at_one, MADE, refused=True) == WHOLE
    assert rounded(damage(at_one, MADE, refused=True, counted=True)) == ([(10.0, 0.04)], 0.04)
    assert damage(at_one, MADE, counted=True) == WHOLE
    assert damage(FRAMES, MADE, refused=True, counted=True) == WHOLE


def test_a_reading_that_stops_before_the_output_does_is_seen() -> None:
    half, whole = damage(FRAMES[:250], MADE), damage(FRAMES, MADE)
    assert stops_early(MADE, half, half)
    assert not stops_early(MADE, whole, half)
    assert not stops_early(MADE, None, whole)
    assert not stops_early(MADE, None, WHOLE)
    assert not stops_early(10.0, damage(jumped(3600.0)[:280], 11.2))


def test_a_time_that_is_broken_alone_is_no_new_clock() -> None:
    stray = replace(FRAMES[255], start=5580.0)
    assert rounded(damage([*FRAMES[:250], stray, *FRAMES[300:]], MADE)) == ([(10.0, 2.0)], 2.0)


def test_a_beginning_that_could_not_be_decoded_is_a_loss() -> None:
    late = FRAMES[250:]
    assert rounded(damage(late, MADE, since=0.0)) == ([(0.0, 10.0)], 10.0)
    assert rounded(damage(late, MADE, since=0.0, steady=False)) == ([(0.0, 10.0)], 10.0)
    # It begins between keyframes, or nothing was there before.
    assert damage(late, MADE) == WHOLE
    assert damage(late, MADE, since=10.0) == WHOLE
    # An edit list shows a part of what its first packet begins.
    assert damage(FRAMES, MADE, since=-3.0) == WHOLE
