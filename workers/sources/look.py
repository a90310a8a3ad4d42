"""Reads the head and the tail of a source, and makes a sample of it for ffprobe."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from core.adapters.s3 import Storage
from core.tasks.claim import Work
from workers.runtime.concurrency import together
from workers.sources.choose import Wanted, WholeFile, choose
from workers.sources.known import Known, Span, stretches
from workers.sources.ranges import read_bytes
from workers.sources.shape import DEFAULT_SHAPE, Pipe, Shape
from workers.transfer_limits import Pace

_RANGE = 8 * 1024**2  # not less: some stores read the whole object for each request
_MOST_ROUNDS = 100  # of asking for more; each box at the top of an MP4 may take one


async def look(
    storage: Storage,
    work: Work,
    sample: Path,
    *,
    connections: int,
    pace: Pace,
    shape: Shape = DEFAULT_SHAPE,
) -> Pipe | WholeFile:
    """Find out whether a source can be read through a pipe, and lay a sample of it on the disk.

    Args:
        storage: the object store.
        work: says which object, of what size.
        sample: the file to make; there is none when the source must be fetched whole.
        connections: ranges under way at once.
        pace: how slow each connection may be.
        shape: how much of it may be looked at.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are, or they came too slowly.
        Unavailable: the store does not answer.
        OSError: the disk is full or failed.
    """
    known = Known(work.source_size)
    for _ in range(_MOST_ROUNDS):
        # In a thread: an index can be long.
        choice = await asyncio.to_thread(choose, known, shape)
        if isinstance(choice, WholeFile):
            return choice
        if isinstance(choice, Pipe):
            data = [known.bytes_of(piece) for piece in choice.sample]
            await asyncio.to_thread(_write, sample, data)
            return choice
        known = await _more(storage, work, known, choice, connections, pace)
    return WholeFile("reading its structure takes too many requests")


async def _more(
    storage: Storage, work: Work, known: Known, wanted: Wanted, connections: int, pace: Pace
) -> Known:
    gate = asyncio.Semaphore(connections)

    async def read(span: Span) -> tuple[int, bytes]:
        async with gate:
            return span.start, await read_bytes(storage, work, span.start, span.end, pace)

    for start, data in await together(map(read, stretches(wanted.spans, _RANGE))):
        known = known.plus(start, data)
    return known


def _write(target: Path, data: Iterable[bytes]) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(data)
