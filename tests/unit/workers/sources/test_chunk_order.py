"""Chunks lie in a file as they are needed, or not: as a slow reading of each in turn finds it."""

from array import array
from heapq import merge
from itertools import repeat
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.formats.boxes import Box
from workers.formats.chunk_order import see_order
from workers.formats.chunks import Track
from workers.formats.known import Doubt

_SAMPLE_BYTES, _FROM = 10, 100
_GROUP_S = 0.5  # within which it may be stricter


def laid(order: list[int], ticks: tuple[int, int], *, played: bool = True) -> list[Track]:
    """Lay chunks of one sample of two tracks into a file, each behind the other as `order` says."""
    starts: tuple[array[int], array[int]] = array("Q"), array("Q")
    for place, number in enumerate(order):
        starts[number].append(_FROM + place * _SAMPLE_BYTES)
    return [
        Track(
            played=played,
            shift=0.0,
            scale=1000,
            starts=starts[number],
            counts=array("I", [1, 1, 1]),
            sizes=_SAMPLE_BYTES,
            times=array("I", [len(starts[number]), ticks[number]]),
        )
        for number in range(2)
    ]


def data_of(order: list[int]) -> list[Box]:
    return [Box(b"mdat", 0, _FROM, _FROM + len(order) * _SAMPLE_BYTES)]


def apart(tracks: list[Track]) -> float:
    """Return by how much one track is ahead of the other at the most, in seconds."""
    reached, most = [-inf, -inf], -inf
    rows = [zip(track.chunks(), repeat(number)) for number, track in enumerate(tracks)]
    for chunk, number in merge(*rows):
        most = max(most, reached[1 - number] - chunk.begins)
        reached[number] = chunk.ends
    return most


@settings(max_examples=200, deadline=None)
@given(
    runs=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 60)), min_size=1, max_size=30),
    ticks=st.tuples(st.sampled_from([20, 40, 500]), st.sampled_from([21, 1000])),
)
def test_it_is_as_strict_as_each_chunk_in_turn(
    runs: list[tuple[int, int]], ticks: tuple[int, int]
) -> None:
    order = [number for number, count in runs for _ in range(count)]
    tracks = laid(order, ticks)
    try:
        assert see_order(tracks, data_of(order)) == _FROM
        assert apart(tracks) <= 4.0
    except Doubt:
        # A group of short chunks counts as its first one.
        assert apart(tracks) > 4.0 - _GROUP_S


def test_what_is_not_played_may_lie_anywhere() -> None:
    order = [0] * 500 + [1] * 500
    with pytest.raises(Doubt, match="far apart"):
        see_order(laid(order, (40, 40)), data_of(order))
    assert see_order(laid(order, (40, 40), played=False), data_of(order)) == _FROM


def test_where_an_empty_chunk_lies_says_nothing() -> None:
    order = [0, 1] * 10
    picture, sound = laid(order, (40, 40))
    empty = Track(
        played=True, shift=0.0, scale=1000, starts=array("Q", [5, *sound.starts, 7]),
        counts=array("I", [1, 0, 1, 2, 1, 1, 12, 0, 1]), sizes=_SAMPLE_BYTES, times=sound.times,
    )  # fmt: skip
    assert see_order([picture, empty], data_of(order)) == _FROM
