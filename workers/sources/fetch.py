"""Downloads a whole source to the scratch directory: in parallel, never whole in memory."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

from core.adapters.s3 import Storage
from core.tasks.claim import Work
from workers.runtime.concurrency import together, unbroken
from workers.sources.ranges import read_range
from workers.transfer_limits import DEFAULT_PACE, Pace

_MIN_RANGE = 8 * 1024**2
_MAX_RANGE = 256 * 1024**2


async def fetch(
    storage: Storage,
    work: Work,
    target: Path,
    *,
    connections: int,
    on_fraction: Callable[[float], None],
    pace: Pace = DEFAULT_PACE,
) -> None:
    """Download a source in parallel ranges.

    Args:
        storage: the object store.
        work: says which object, of what size.
        target: the file to make.
        connections: ranges under way at once; each holds about 1 MiB in memory.
        on_fraction: told how much is there, from 0 to 1.
        pace: how slow each connection may be.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are, or they came too slowly.
        Unavailable: the store does not answer.
        OSError: the disk is full or failed.
    """
    size, done = work.source_size, 0
    length = range_length(size, connections)
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
            await read_range(storage, work, start, min(start + length, size), take, pace)

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await together(lane(descriptor) for _ in range(min(connections, -(-size // length))))
    finally:
        os.close(descriptor)


def range_length(size: int, connections: int) -> int:
    """Return how many bytes to ask for at once.

    A few ranges for each connection, so that none is left alone with the last one; not many more,
    since some stores read the whole object for each.
    """
    return min(max(size // (connections * 4), _MIN_RANGE), _MAX_RANGE)


def _write_all(descriptor: int, rest: memoryview, place: int) -> None:
    """Write all of a block.

    A disk that fills takes what fits, and says so only when it is asked to take the rest.
    """
    while rest:
        written = os.pwrite(descriptor, rest, place)
        if not written:
            raise OSError(errno.EIO, "the disk takes nothing and does not say why")
        rest, place = rest[written:], place + written
