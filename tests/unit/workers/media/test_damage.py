"""What is missing between the frames of a stream is found, and nothing else."""

from dataclasses import replace

import pytest

from workers.media.damage import WHOLE, Damage, Frame, damage

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


def test_a_decoder_that_always_complains_tells_of_no_place() -> None:
    assert damage(faulty(*range(300)), MADE) is None
