"""Feeds the bytes of a source to FFmpeg's standard input; reads ahead in parallel."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator

from core.adapters.s3 import Storage
from core.tasks.claim import Work
from workers.ffmpeg.standard_input import Feed, StandardInput
from workers.runtime.concurrency import end
from workers.sources.fetch import range_length
from workers.sources.known import Piece, Span, stretches
from workers.sources.ranges import read_range
from workers.transfer_limits import Pace

_MOST_LANES = 4
_BLOCKS = 4  # of 1 MiB that a lane has ready; then its connection waits


def feeder(
    storage: Storage, work: Work, stream: Iterable[Piece], *, connections: int, pace: Pace
) -> Feed:
    """Return what writes a source into a pipe.

    It raises what `read_range` raises, and what the pipe raises when nobody reads any more. About
    20 MiB are in memory at the most, however large the source and its ranges are: a lane that has
    enough ready reads no further, and its connection waits until its turn comes.

    Args:
        storage: the object store.
        work: says which object, and which version of it.
        stream: what to write, in order.
        connections: ranges under way at once, at the most.
        pace: how slow each connection may be.
    """
    most = min(connections, _MOST_LANES)

    async def feed(stdin: StandardInput) -> None:
        pieces = _pieces(stream, range_length(work.source_size, connections))
        lanes: deque[_Lane] = deque()
        try:
            while True:
                while len(lanes) < most and (piece := next(pieces, None)) is not None:
                    lanes.append(_Lane(storage, work, piece, pace))
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

    def __init__(self, storage: Storage, work: Work, piece: Piece, pace: Pace) -> None:
        self._ready: asyncio.Queue[bytes | bytearray | Exception | None] = asyncio.Queue(_BLOCKS)
        self.task = asyncio.create_task(self._run(storage, work, piece, pace))

    async def next(self, stdin: StandardInput) -> bytes | bytearray | None:
        """Return the next block, None after the last; raise what went wrong, in its turn."""
        # A store that is slow is not FFmpeg's fault.
        with stdin.waiting():
            found = await self._ready.get()
        if isinstance(found, Exception):
            raise found
        return found

    async def _run(self, storage: Storage, work: Work, piece: Piece, pace: Pace) -> None:
        async def take(block: bytearray, _place: int) -> None:
            await self._ready.put(block)

        try:
            if isinstance(piece, Span):
                await read_range(storage, work, piece.start, piece.end, take, pace)
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
