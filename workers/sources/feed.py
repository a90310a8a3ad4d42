"""Feeds the bytes of a source to FFmpeg's standard input; reads ahead in parallel."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from workers.ffmpeg.standard_input import Feed, StandardInput
from workers.formats.known import Piece, Span, stretches
from workers.runtime.concurrency import end
from workers.sources.ranges import Source, range_length, read_range

_MOST_LANES = 4
_BLOCKS = 4  # of 1 MiB that a lane has ready; then its connection waits


def feeder(source: Source, stream: Iterable[Piece]) -> Feed:
    """Return what writes the pieces of a source into a pipe, in order.

    It raises what `read_range` raises, and what the pipe raises when nobody reads any more. About
    20 MiB are in memory at the most, however large the source and its ranges are: a lane that has
    enough ready reads no further, and its connection waits until its turn comes.
    """
    length = range_length(source.size, source.connections)
    return _fed(
        lambda: ((source, piece) for piece in _pieces(stream, length)),
        min(source.connections, _MOST_LANES),
    )


def joined(ranges: Sequence[tuple[Source, Span]], connections: int) -> Feed:
    """Return what writes ranges of several objects into a pipe, one behind the other; as `feeder`.

    So many `connections` are open at once, at the most.
    """
    return _fed(lambda: iter(ranges), min(connections, _MOST_LANES))


def _fed(begin: Callable[[], Iterator[tuple[Source, Piece]]], most: int) -> Feed:
    async def feed(stdin: StandardInput) -> None:
        pieces = begin()
        lanes: deque[_Lane] = deque()
        try:
            while True:
                while len(lanes) < most and (piece := next(pieces, None)) is not None:
                    lanes.append(_Lane(*piece))
                if not lanes:
                    return
                while (block := await lanes[0].next(stdin)) is not None:
                    await stdin.write(block)
                lanes.popleft()
        finally:
            await end(*(lane.task for lane in lanes))

    return feed


class _Lane:
    """Reads one piece, and has the next blocks of it ready."""

    def __init__(self, source: Source, piece: Piece) -> None:
        self._ready: asyncio.Queue[bytes | bytearray | Exception | None] = asyncio.Queue(_BLOCKS)
        self.task = asyncio.create_task(self._run(source, piece))

    async def next(self, stdin: StandardInput) -> bytes | bytearray | None:
        """Return the next block, None after the last; raise what went wrong, in its turn."""
        # A store that is slow is not FFmpeg's fault.
        with stdin.waiting():
            found = await self._ready.get()
        if isinstance(found, Exception):
            raise found
        return found

    async def _run(self, source: Source, piece: Piece) -> None:
        async def take(block: bytearray, _place: int) -> None:
            await self._ready.put(block)

        try:
            if isinstance(piece, Span):
                await read_range(source, piece.start, piece.end, take)
            else:
                await self._ready.put(piece)
        except Exception as error:  # noqa: BLE001 - `next` raises it
            await self._ready.put(error)
        else:
            await self._ready.put(None)


def _pieces(stream: Iterable[Piece], length: int) -> Iterator[Piece]:
    for piece in stream:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from stretches([piece], length)
