"""The ranges of a source that were read so far. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# With what is missing so much more is asked for: it is mostly needed next.
_AHEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source, from `start` to before `end`, in bytes."""

    start: int
    end: int

    def __len__(self) -> int:
        return max(self.end - self.start, 0)


# What can be put together to something like the source: its own bytes, or others in their place.
Piece = Span | bytes


class Lacking(Exception):
    """More of the source must be known before it can be judged: `spans`."""

    def __init__(self, *spans: Span) -> None:
        super().__init__(spans)
        self.spans = spans


class Doubt(Exception):
    """The source is not as simple as it must be: better to have all of it in a file."""


@dataclass(frozen=True, slots=True)
class Known:
    """Stretches of a source of `size` bytes: where each begins, and its bytes.

    They are in order, and apart from each other.
    """

    size: int
    stretches: tuple[tuple[int, bytes], ...] = ()

    def plus(self, start: int, data: bytes) -> "Known":
        """Return what is known with this too; of what was known already the older stays."""
        merged: list[tuple[int, bytes]] = []
        for first, more in sorted([*self.stretches, (start, data)], key=lambda item: item[0]):
            if merged and first <= (end := merged[-1][0] + len(merged[-1][1])):
                merged[-1] = (merged[-1][0], merged[-1][1] + more[end - first :])
            else:
                merged.append((first, more))
        return Known(self.size, tuple(merged))

    def gaps(self, span: Span) -> list[Span]:
        """Return what is not known of a stretch."""
        found, at = [], span.start
        for first, data in self.stretches:
            end = first + len(data)
            if end <= at or first >= span.end:
                continue
            if first > at:
                found.append(Span(at, first))
            at = end
        if at < span.end:
            found.append(Span(at, span.end))
        return found

    def need(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`.

        Raises:
            Lacking: they are not known; it says which ones, and asks for some behind them.
            Doubt: there are not so many.
        """
        if end > self.size:
            raise Doubt("it ends in the middle of an element")
        for first, data in self.stretches:
            if first <= start and end <= first + len(data):
                return data[start - first : end - first]
        ahead = Span(start, min(max(end, start + _AHEAD), self.size))
        raise Lacking(*self.gaps(ahead))

    def need_all(self, *spans: Span) -> None:
        """See that all of these are known; raises `Lacking`."""
        missing = [gap for span in spans for gap in self.gaps(span)]
        if missing:
            raise Lacking(*missing)

    def bytes_of(self, piece: Piece) -> bytes:
        """Return the bytes of a piece; raises as `need`."""
        return piece if isinstance(piece, bytes) else self.need(piece.start, piece.end)


def stretches(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """Yield spans in pieces of up to `length` bytes."""
    for span in spans:
        for start in range(span.start, span.end, length):
            yield Span(start, min(start + length, span.end))


def tidied(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Leave out what is empty."""
    return tuple(filter(len, pieces))


def beginning(pieces: Iterable[Piece], end: int) -> tuple[Piece, ...]:
    """Return pieces without what lies behind the place `end` of the source."""
    return tidied(
        piece if isinstance(piece, bytes) else Span(piece.start, min(piece.end, end))
        for piece in pieces
    )
