"""The bytes of a source into FFmpeg's standard input, read ahead in parallel."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator

from core.adapters.s3 import Storage
from core.tasks.claim import Work
from workers.ffmpeg.standard_input import Feed, StandardInput
from workers.runtime.concurrency import end
from workers.sources.known import Piece, stretches
from workers.sources.ranges import read_bytes
from workers.transfer_limits import Pace

_MOST_AHEAD = 4  # ranges in memory beside the one that is being written


def feeder(
    storage: Storage, held: Work, stream: Iterable[Piece], *, connections: int, pace: Pace
) -> Feed:
    """Return what writes a source into a pipe.

    It raises what `read_range` raises, and what the pipe raises when nobody reads any more. What
    it reads is bounded: about five ranges of 4 MiB are in memory.

    Args:
        storage: the object store.
        held: says which object, and which version of it.
        stream: what to write, in order.
        connections: ranges under way at once, at the most.
        pace: how slow each connection may be.
    """

    async def get(piece: Piece) -> bytes:
        if isinstance(piece, bytes):
            return piece
        return await read_bytes(storage, held, piece.start, piece.end, pace)

    async def feed(stdin: StandardInput) -> None:
        pieces = _pieces(stream)
        ahead: deque[asyncio.Task[bytes]] = deque()
        try:
            while True:
                while len(ahead) < min(connections, _MOST_AHEAD):
                    piece = next(pieces, None)
                    if piece is None:
                        break
                    ahead.append(asyncio.create_task(get(piece)))
                if not ahead:
                    return
                # A store that is slow is not FFmpeg's fault.
                with stdin.waiting():
                    data = await ahead[0]
                ahead.popleft()
                await stdin.write(data)
        finally:
            await end(*ahead)

    return feed


def _pieces(stream: Iterable[Piece]) -> Iterator[Piece]:
    for piece in stream:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from stretches([piece])
