"""A file of any size is cut into parts that S3 takes."""

import random

import pytest

from core.uploads.multipart import (
    MAX_PART,
    MAX_PARTS,
    MIB,
    MIN_PART,
    part_count_for,
    part_size_for,
    size_of_part,
)

EDGES = [
    1, MIN_PART - 1, MIN_PART, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 8000 * MIB - 1, 8000 * MIB,
    8000 * MIB + 1, 20 * 1024**3, 5 * 1024**4, MAX_PART * 1000, MAX_PART * 1000 + 1,
    MAX_PART * MAX_PARTS - 1, MAX_PART * MAX_PARTS,
]  # fmt: skip
SEED = 20_261_121
_random = random.Random(SEED)
SIZES = EDGES + [int(2 ** _random.uniform(0, 45)) for _ in range(300)]


@pytest.mark.parametrize("size", SIZES)
def test_parts_are_within_the_limits_and_add_up(size: int) -> None:
    part_size = part_size_for(size)
    count = part_count_for(size, part_size)
    assert MIN_PART <= part_size <= MAX_PART
    assert part_size % MIB == 0
    assert 1 <= count <= MAX_PARTS
    last = size_of_part(count, size, part_size)
    assert 0 < last <= part_size
    assert part_size * (count - 1) + last == size
    if count > 1:
        assert size_of_part(1, size, part_size) == size_of_part(count - 1, size, part_size)
        assert size_of_part(1, size, part_size) == part_size


@pytest.mark.parametrize("size", [0, -1, MAX_PART * MAX_PARTS + 1])
def test_what_does_not_fit_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="cannot be uploaded"):
        part_size_for(size)


def test_one_page_of_parts_tells_everything_as_long_as_parts_can_grow() -> None:
    for size in (8000 * MIB, 8000 * MIB + 1, 20 * 1024**3, 4 * 1024**4):
        assert part_count_for(size, part_size_for(size)) <= 1000


def test_a_file_just_over_a_part_has_a_small_last_part() -> None:
    size = 8 * MIB + 1
    assert part_count_for(size, 8 * MIB) == 2
    assert size_of_part(2, size, 8 * MIB) == 1
