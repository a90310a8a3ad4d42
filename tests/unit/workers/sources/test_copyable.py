"""Where a source is cut when it is copied into segments, as FFmpeg does it."""

from workers.formats.copyable import cuts

SCALE = 10


def seconds(*groups: float) -> list[float]:
    sized = [(round(each * SCALE), 100) for each in groups]
    return [ticks / SCALE for ticks, _ in cuts(sized, SCALE)]


def test_groups_are_put_together_until_a_segment_is_long_enough() -> None:
    assert seconds(1, 1, 1, 1, 1) == [2, 2, 1]
    assert seconds(2, 2, 2) == [2, 2, 2]
    assert seconds(0.5) == [0.5]


def test_cuts_lie_on_a_grid_that_does_not_move_with_them() -> None:
    # Not at 2.5 + 2: the second one ends where the grid says 4.
    assert seconds(2.5, 1.5, 1, 1, 1) == [2.5, 1.5, 2, 1]


def test_after_a_long_group_each_one_is_a_segment_until_it_is_in_time() -> None:
    assert seconds(6, 0.2, 0.2, 0.2, 0.2, 0.2, 2) == [6, 0.2, 0.2, 2.6]


def test_the_sizes_of_groups_are_added_and_the_last_ones_too() -> None:
    assert list(cuts([(20, 5), (10, 6), (10, 7), (1, 8)], SCALE)) == [(20, 5), (20, 13), (1, 8)]
