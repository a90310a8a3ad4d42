"""Downloads a whole source to the scratch directory: in parallel, never whole in memory."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

from workers.runtime.concurrency import together, unbroken
from workers.sources.ranges import Source, range_length, read_range


async def fetch(source: Source, target: Path, on_fraction: Callable[[float], None]) -> None:
    """Download a source in parallel ranges.

    The file `target` must not be there yet. `on_fraction` is told how much is there, from 0 to 1.

    Raises:
        OSError: the disk is full or failed. And what `read_range` raises.
    """
    size, done = source.size, 0
    length = range_length(source.size, source.connections)
    starts = iter(range(0, size, length))

    async def lane(descriptor: int) -> None:
        async def take(block: bytearray, place: int) -> None:
            nonlocal done
            # In a thread: a slow disk must not stop the heartbeat. To its end: by then the
            # descriptor may be closed, and its number another file's.
            await unbroken(asyncio.to_thread(_write_all, descriptor, memoryview(block), place))
            done += len(block)
            on_fraction(done / size)

        for start in starts:  # shared: each lane takes the next range
            await read_range(source, start, min(start + length, size), take)

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await together(lane(descriptor) for _ in range(min(source.connections, -(-size // length))))
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, rest: memoryview, place: int) -> None:
    """Write all of a block.

    A disk that fills takes what fits, and says so only when it is asked to take the rest.
    """
    while rest:
        written = os.pwrite(descriptor, rest, place)
        if not written:
            raise OSError(errno.EIO, "the disk takes nothing and does not say why")
        rest, place = rest[written:], place + written
