"""Files between S3 and the scratch directory: in parallel, and never whole in memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

from core.errors import Failure, PermanentError, TransientError, Unavailable
from core.jobs import Claim
from core.parts import MAX_PARTS, part_count_for, size_of_part
from core.storage import ObjectGone, Part, Storage
from workers.slice import Slice
from workers.together import together

_MIN_RANGE = 8 * 1024**2
_MAX_RANGE = 256 * 1024**2
_CHANCES = 3  # for each range
_WRITE = 1024**2  # bytes written at once, in a thread: a slow disk must not stop the heartbeat
_PART = 16 * 1024**2

GONE = Failure(
    "storage_error",
    "The uploaded file is no longer in the store. Upload it again.",
    retryable=False,
)
CUT = Failure(
    "storage_error", "The store did not give back what was put into it. Try again.", retryable=True
)


async def fetch(
    storage: Storage,
    held: Claim,
    target: Path,
    *,
    connections: int,
    on_fraction: Callable[[float], None],
) -> None:
    """Download a source in parallel ranges.

    Args:
        storage: the object store.
        held: says which object, of what size.
        target: the file to make.
        connections: ranges under way at once; each holds about 1 MiB in memory.
        on_fraction: told how much is there, from 0 to 1.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are.
        Unavailable: the store does not answer.
    """
    size, done = held.source_size, 0
    length = range_length(size, connections)
    starts = iter(range(0, size, length))

    def arrived(count: int) -> None:
        nonlocal done
        done += count
        on_fraction(done / size)

    async def lane(descriptor: int) -> None:
        for start in starts:  # shared: each lane takes the next range
            await _fetch_range(storage, held, descriptor, start, min(start + length, size), arrived)

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await together(lane(descriptor) for _ in range(min(connections, -(-size // length))))
    except ObjectGone as error:
        raise PermanentError(GONE) from error
    finally:
        os.close(descriptor)


def range_length(size: int, connections: int) -> int:
    """Return how many bytes to ask for at once.

    A few ranges for each connection, so that none is left alone with the last one; not many more,
    since some stores read the whole object for each.
    """
    return min(max(size // (connections * 4), _MIN_RANGE), _MAX_RANGE)


async def _fetch_range(
    storage: Storage,
    held: Claim,
    descriptor: int,
    start: int,
    end: int,
    arrived: Callable[[int], None],
) -> None:
    """Fetch from `start` to before `end`; after a break, go on from where it was."""
    place = start
    for chance in range(_CHANCES):
        try:
            async with aclosing(
                storage.read_range(held.source_key, place, end - 1, held.source_etag)
            ) as chunks:
                async for block in _blocks(chunks):
                    await _write(descriptor, block, place)
                    place += len(block)
                    arrived(len(block))
        except Unavailable:
            if chance + 1 == _CHANCES:
                raise
        if place == end:
            return
    raise TransientError(f"the range from {start} to {end} ended at {place}", CUT)


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytearray]:
    """Gather chunks into blocks that are worth a thread's while."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= _WRITE:
            yield block
            block = bytearray()
    if block:
        yield block


async def _write(descriptor: int, block: bytearray, place: int) -> None:
    written = await asyncio.to_thread(os.pwrite, descriptor, block, place)
    if written != len(block):
        raise OSError(f"only {written} of {len(block)} bytes could be written")


async def send(
    storage: Storage, path: Path, key: str, content_type: str, gate: asyncio.Semaphore
) -> int:
    """Upload a file, in parts when it is large, and see that the store has all of it.

    Args:
        storage: the object store.
        path: the file.
        key: where it goes.
        content_type: what it is.
        gate: how many files or parts of them may be on their way at once.

    Returns:
        The size in bytes.

    Raises:
        TransientError: the store has another size than was sent.
        Unavailable: the store does not answer.
    """
    size = path.stat().st_size
    if size <= _PART:
        async with gate:
            with Slice(path, 0, size) as body:
                await storage.put(key, body, content_type)
    else:
        await _send_parts(storage, path, key, content_type, size, gate)
    stored = await storage.head(key)
    if stored is None or stored.size != size:
        raise TransientError(f"{key} has {stored and stored.size} of {size} bytes", CUT)
    return size


async def _send_parts(
    storage: Storage, path: Path, key: str, content_type: str, size: int, gate: asyncio.Semaphore
) -> None:
    part_size = max(_PART, -(-size // MAX_PARTS))
    upload_id = await storage.create_upload(key, content_type)

    async def one(number: int) -> Part:
        async with gate:
            length = size_of_part(number, size, part_size)
            with Slice(path, (number - 1) * part_size, length) as body:
                etag = await storage.upload_part(key, upload_id, number, body)
            return Part(number, length, etag)

    try:
        numbers = range(1, part_count_for(size, part_size) + 1)
        await storage.complete_upload(key, upload_id, await together(map(one, numbers)))
    except BaseException:
        await storage.abort_upload(key, upload_id)
        raise
