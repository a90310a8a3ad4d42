"""Finds pictures and pieces of sound whose time is far ahead of where they belong. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Of all there are. If more are in disorder, nobody knows which of the times are right.
_MOST_STRAY = 0.1
_MOST_RUNS = 32
# With more at the beginning, they may as well be right, and the clock begins anew behind them.
_MOST_FIRST = 8
# Less is disorder, or two recordings that overlap where they are joined; in seconds.
_FAR_S = 0.5
# What stands for less is not looked at before all is encoded.
_STANDS_S = 10.0


@dataclass(frozen=True, slots=True)
class Stray:
    """Frames in a row whose times are broken; in seconds since the file's beginning.

    Attributes:
        before: when the frame before them starts; None if they are the first.
        first: the earliest of their times.
        last: the latest.
    """

    before: float | None
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Strays:
    """All that are ahead in a stream.

    Attributes:
        places: in order.
        end: when the last frame starts that is in order, in seconds.
    """

    places: tuple[Stray, ...]
    end: float


def strays_of(times: Sequence[float]) -> Strays | None:
    """Find the frames that are ahead of what follows them; None if there are none.

    The right ones are as many as can be shown in the order in which they come: the longest
    non-decreasing subsequence of their times (Schensted 1961).

    Args:
        times: of all frames, in the order in which they come, in seconds.
    """
    kept = _longest_in_order(times)
    if not kept or len(times) - len(kept) > len(times) * _MOST_STRAY:
        return None
    found = []
    for at, after in pairwise([-1, *kept]):
        run = [time for time in times[at + 1 : after] if time > times[after] + _FAR_S]
        if not run or (at < 0 and len(run) > _MOST_FIRST):
            continue
        found.append(Stray(times[at] if at >= 0 else None, min(run), max(run)))
    if not 0 < len(found) <= _MOST_RUNS:
        return None
    return Strays(tuple(found), times[kept[-1]])


def one_is_ahead(times: Sequence[float]) -> bool:
    """Whether one of these, of packets, is far ahead of all that follow it."""
    later = None
    for time in reversed(times):
        if later is not None and time > later + _STANDS_S:
            return True
        later = time if later is None else max(later, time)
    return False


def is_among(stray: Stray, time: float, last: float | None) -> bool:
    """Whether a frame is one of them; `last` is the time of the last one before that was kept."""
    follows = last is None if stray.before is None else last is not None and last <= stray.before
    return follows and stray.first <= time <= stray.last


def is_past(stray: Stray, last: float | None) -> bool:
    """Whether none of them can come any more."""
    return last is not None and (stray.before is None or last > stray.before)


def _longest_in_order(times: Sequence[float]) -> list[int]:
    """Return the places of a longest subsequence that never decreases."""
    ends: list[float] = []  # the earliest end of one of each length
    places: list[int] = []
    before: list[int] = []
    for place, time in enumerate(times):
        length = bisect_right(ends, time)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(time)
            places.append(place)
        else:
            ends[length], places[length] = time, place
    return [*_back(before, places[-1])][::-1] if places else []


def _back(before: Sequence[int], place: int) -> Iterator[int]:
    while place >= 0:
        yield place
        place = before[place]
