"""Files between S3 and the scratch directory: in parallel, and never whole in memory."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from core.errors import Failure, PermanentError, TransientError
from core.parts import MIN_PART, part_count_for, size_of_part
from core.storage import Part, Storage
from workers.together import together

_RANGE = 8 * 1024**2  # bytes asked for at once
_WRITE = 1024**2  # bytes written at once, in a thread: a slow disk must not stop the heartbeat
_PART = 8 * 1024**2
_MAX_PARTS = 10_000

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
    key: str,
    target: Path,
    *,
    connections: int,
    on_fraction: Callable[[float], None],
) -> int:
    """Download an object in parallel ranges.

    Args:
        storage: the object store.
        key: the object's key.
        target: the file to make.
        connections: ranges under way at once; each holds about 1 MiB in memory.
        on_fraction: told how much is there, from 0 to 1.

    Returns:
        The size in bytes.

    Raises:
        PermanentError: the object is gone.
        TransientError: fewer bytes came than there are.
        Unavailable: the store does not answer.
    """
    found = await storage.head(key)
    if found is None:
        raise PermanentError(GONE)
    size, done = found.size, 0
    starts = iter(range(0, size, _RANGE))

    async def lane(descriptor: int) -> None:
        nonlocal done
        for start in starts:  # shared: each lane takes the next range
            last = min(start + _RANGE, size) - 1
            place = start
            buffer = bytearray()
            async for chunk in storage.read_range(key, start, last, found.etag):
                buffer += chunk
                if len(buffer) >= _WRITE:
                    place += await _write(descriptor, buffer, place)
                    done += len(buffer)
                    on_fraction(done / size)
                    buffer = bytearray()
            place += await _write(descriptor, buffer, place)
            done += len(buffer)
            on_fraction(done / size)
            if place != last + 1:
                raise TransientError(f"range {start}-{last} ended at {place}", CUT)

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await together(lane(descriptor) for _ in range(min(connections, -(-size // _RANGE))))
    finally:
        os.close(descriptor)
    return size


async def _write(descriptor: int, buffer: bytearray, place: int) -> int:
    if not buffer:
        return 0
    written = await asyncio.to_thread(os.pwrite, descriptor, buffer, place)
    if written != len(buffer):
        raise OSError(f"only {written} of {len(buffer)} bytes could be written")
    return written


async def send(
    storage: Storage, path: Path, key: str, content_type: str, gate: asyncio.Semaphore
) -> int:
    """Upload a file, in parts when it is large, and see that the store has all of it.

    Args:
        storage: the object store.
        path: the file.
        key: where it goes.
        content_type: what it is.
        gate: how many parts of 8 MiB may be in memory at once, over all files.

    Returns:
        The size in bytes.

    Raises:
        TransientError: the store has another size than was sent.
        Unavailable: the store does not answer.
    """
    size = path.stat().st_size
    if size <= _PART:
        async with gate:
            await storage.put(key, await asyncio.to_thread(path.read_bytes), content_type)
    else:
        await _send_parts(storage, path, key, content_type, size, gate)
    stored = await storage.head(key)
    if stored is None or stored.size != size:
        raise TransientError(f"{key} has {stored and stored.size} of {size} bytes", CUT)
    return size


async def _send_parts(
    storage: Storage, path: Path, key: str, content_type: str, size: int, gate: asyncio.Semaphore
) -> None:
    part_size = max(_PART, -(-size // _MAX_PARTS), MIN_PART)
    upload_id = await storage.create_upload(key, content_type)

    async def one(number: int) -> Part:
        async with gate:
            length = size_of_part(number, size, part_size)
            body = await asyncio.to_thread(_read, path, (number - 1) * part_size, length)
            return await storage.upload_part(key, upload_id, number, body)

    try:
        numbers = range(1, part_count_for(size, part_size) + 1)
        await storage.complete_upload(key, upload_id, await together(map(one, numbers)))
    except BaseException:
        await storage.abort_upload(key, upload_id)
        raise


def _read(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        return os.pread(file.fileno(), length, start)
