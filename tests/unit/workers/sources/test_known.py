"""What is known of a source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.formats.known import Doubt, Known, Lacking, Span, beginning, stretches, tidied

WHOLE = bytes(range(200))


def test_what_is_not_known_is_asked_for() -> None:
    known = Known(200).plus(0, WHOLE[:50]).plus(150, WHOLE[150:])
    assert known.need(10, 50) == WHOLE[10:50]
    with pytest.raises(Lacking) as lacking:
        known.need(40, 60)
    assert lacking.value.spans == (Span(50, 150),)
    with pytest.raises(Doubt):
        known.need(190, 201)


@given(st.lists(st.tuples(st.integers(0, 199), st.integers(1, 60)), max_size=12))
def test_stretches_grow_together(parts: list[tuple[int, int]]) -> None:
    known, there = Known(200), set[int]()
    for start, length in parts:
        known = known.plus(start, WHOLE[start : start + length])
        there |= set(range(start, min(start + length, 200)))
    missing = {place for gap in known.gaps(Span(0, 200)) for place in range(gap.start, gap.end)}
    assert missing == set(range(200)) - there
    for start, data in known.stretches:
        assert data == WHOLE[start : start + len(data)]


def test_pieces_are_cut_and_tidied() -> None:
    pieces = tidied([Span(0, 10), b"", b"new", Span(5, 5), Span(10, 30)])
    assert pieces == (Span(0, 10), b"new", Span(10, 30))
    assert beginning(pieces, 12) == (Span(0, 10), b"new", Span(10, 12))
    assert list(stretches([Span(1, 50)], 30)) == [
        Span(1, 31),
        Span(31, 50),
    ]
