"""Files between S3 and the scratch directory: in parallel, and never whole in memory."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from core.adapters.s3 import ObjectGone, Part, RejectedParts, Storage
from core.errors import Failure, PermanentError, TransientError, Unavailable
from core.tasks.claim import Work
from core.uploads.multipart import MAX_PARTS, part_count_for, size_of_part
from workers.file_range import Slice
from workers.runtime.concurrency import together
from workers.transfer_limits import DEFAULT_PACE, Pace

T = TypeVar("T")

_MIN_RANGE = 8 * 1024**2
_MAX_RANGE = 256 * 1024**2
_CHANCES = 3  # for each range, and for each part
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
SLOW = Failure(
    "storage_error", "The store was too slow for this film. Try again later.", retryable=True
)


async def fetch(
    storage: Storage,
    held: Work,
    target: Path,
    *,
    connections: int,
    on_fraction: Callable[[float], None],
    pace: Pace = DEFAULT_PACE,
) -> None:
    """Download a source in parallel ranges.

    Args:
        storage: the object store.
        held: says which object, of what size.
        target: the file to make.
        connections: ranges under way at once; each holds about 1 MiB in memory.
        on_fraction: told how much is there, from 0 to 1.
        pace: how slow each connection may be.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are, or they came too slowly.
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
            end = min(start + length, size)
            await _fetch_range(storage, held, descriptor, start, end, arrived, pace)

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
    held: Work,
    descriptor: int,
    start: int,
    end: int,
    arrived: Callable[[int], None],
    pace: Pace,
) -> None:
    """Fetch from `start` to before `end`; after a break, go on from where it was."""
    place = start
    for chance in range(_CHANCES):
        try:
            async with (
                aclosing(
                    storage.read_range(held.source_key, place, end - 1, held.source_etag)
                ) as chunks,
                aclosing(_blocks(chunks)) as blocks,
            ):
                while block := await _next(blocks, pace.patience_s(min(_WRITE, end - place))):
                    await _write(descriptor, block, place)
                    place += len(block)
                    arrived(len(block))
        except Unavailable:
            if chance + 1 == _CHANCES:
                raise
        except TimeoutError as error:
            if chance + 1 == _CHANCES:
                raise _too_slow(f"the range from {start} to {end}") from error
        if place == end:
            return
    raise TransientError(f"the range from {start} to {end} ended at {place}", CUT)


async def _next(blocks: AsyncIterator[bytearray], seconds: float) -> bytearray | None:
    """Return the next block, or None after the last; raise TimeoutError when it is too late."""
    async with asyncio.timeout(seconds):
        return await anext(blocks, None)


def _too_slow(what: str) -> TransientError:
    # A store in trouble: not a fault of the job, whose attempts it must not use up.
    return TransientError(f"{what} went over too slowly", SLOW, charge=False)


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytearray, None]:
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
    """Write all of a block.

    A disk that fills takes what fits, and says so only when it is asked to take the rest.

    Raises:
        OSError: with the number that says why.
    """
    await asyncio.to_thread(_write_all, descriptor, memoryview(block), place)


def _write_all(descriptor: int, rest: memoryview, place: int) -> None:
    while rest:
        written = os.pwrite(descriptor, rest, place)
        if not written:
            raise OSError(errno.EIO, "the disk takes nothing and does not say why")
        rest, place = rest[written:], place + written


async def send(
    storage: Storage,
    path: Path,
    key: str,
    content_type: str,
    gate: asyncio.Semaphore,
    pace: Pace = DEFAULT_PACE,
) -> int:
    """Upload a file, in parts when it is large, and see that the store has all of it.

    Args:
        storage: the object store.
        path: the file.
        key: where it goes.
        content_type: what it is.
        gate: how many files or parts of them may be on their way at once.
        pace: how slow each of them may be.

    Returns:
        The size in bytes.

    Raises:
        TransientError: the store has another size than was sent, or took it too slowly.
        OSError: the file cannot be read, or became shorter.
        Unavailable: the store does not answer.
    """
    size = path.stat().st_size
    if size <= _PART:

        async def whole(body: Slice) -> None:
            await storage.put(key, body, content_type)

        async with gate:
            await _send_slice(path, 0, size, whole, pace)
    else:
        await _send_parts(storage, path, key, content_type, size, gate, pace)
    stored = await storage.head(key)
    if stored is None or stored.size != size:
        raise TransientError(f"{key} has {stored and stored.size} of {size} bytes", CUT)
    return size


async def _send_parts(
    storage: Storage,
    path: Path,
    key: str,
    content_type: str,
    size: int,
    gate: asyncio.Semaphore,
    pace: Pace,
) -> None:
    part_size = max(_PART, -(-size // MAX_PARTS))
    upload_id = await storage.create_upload(key, content_type)

    async def one(number: int) -> Part:
        length = size_of_part(number, size, part_size)

        async def part(body: Slice) -> str:
            return await storage.upload_part(key, upload_id, number, body)

        async with gate:
            etag = await _send_slice(path, (number - 1) * part_size, length, part, pace)
        return Part(number, length, etag)

    try:
        numbers = range(1, part_count_for(size, part_size) + 1)
        await storage.complete_upload(key, upload_id, await together(map(one, numbers)))
    except BaseException as error:
        with contextlib.suppress(Unavailable):  # what went wrong before is what matters
            await storage.abort_upload(key, upload_id)
        if isinstance(error, RejectedParts):
            raise TransientError(f"{key}: {error}", CUT) from error
        raise


async def _send_slice(
    path: Path, start: int, length: int, put: Callable[[Slice], Awaitable[T]], pace: Pace
) -> T:
    """Send a stretch of a file, anew when it goes over too slowly."""
    for chance in range(_CHANCES):
        try:
            with Slice(path, start, length) as body:
                async with asyncio.timeout(pace.patience_s(length)):
                    return await _reading(body, put)
        except TimeoutError as error:
            if chance + 1 == _CHANCES:
                raise _too_slow(f"{path.name} from {start}") from error
    raise AssertionError("every chance returns or raises")


async def _reading(body: Slice, put: Callable[[Slice], Awaitable[T]]) -> T:
    """Send it; a file of ours that cannot be read is not a store that does not answer."""
    try:
        return await put(body)
    except Unavailable as error:
        if body.error is not None:
            raise body.error from error
        raise
