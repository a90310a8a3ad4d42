"""A GIF that ends before its trailer is known."""

import pytest

from workers.formats.gif import is_cut

# One white pixel, with a comment before it and a table of two colours.
GIF = bytes.fromhex(
    "474946383961 01000100 800000 ffffff000000 21fe02686900 2c000000000100010000 0202440100 3b"
)


def test_a_whole_one() -> None:
    assert not is_cut(GIF)
    assert not is_cut(GIF + b"what comes behind")


@pytest.mark.parametrize("end", range(10, len(GIF)))
def test_each_cut_is_seen(end: int) -> None:
    assert is_cut(GIF[:end])


def test_another_kind_of_block_is_not_judged() -> None:
    assert not is_cut(GIF[:-1] + bytes([0x42]))
