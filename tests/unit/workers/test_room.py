"""How much of the scratch disk a film takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.scratch import largest_streamed, largest_whole, outputs_room, whole_file_room

GIB = 1024**3


@pytest.mark.parametrize("size", [GIB, 20 * GIB, 5 * 1024 * GIB])
def test_what_is_made_of_any_film_takes_at_most_a_gibibyte(size: int) -> None:
    assert outputs_room(size) == GIB
    assert whole_file_room(size) == size + GIB


def test_a_small_one_takes_less() -> None:
    assert outputs_room(1000) == 2000
    assert whole_file_room(1000) == 3000


@given(st.integers(0, 100 * GIB))
def test_a_worker_tells_the_largest_that_it_has_room_for(disk: int) -> None:
    largest = largest_whole(disk)
    assert whole_file_room(largest) <= disk < whole_file_room(largest + 1)
    assert outputs_room(largest_streamed(disk)) <= disk
    assert largest_streamed(GIB) > 10 * 1024 * GIB
