"""Uploads files from the scratch directory to S3: in parallel, never whole in memory."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from core.adapters.s3 import Part, RejectedParts, Storage
from core.errors import TransientError, Unavailable
from core.uploads.multipart import MAX_PARTS, part_count_for, size_of_part
from workers.outputs.file_range import Slice
from workers.runtime.concurrency import together
from workers.transfer_limits import CHANCES, CUT, DEFAULT_PACE, Pace, too_slow

T = TypeVar("T")

_PART = 16 * 1024**2


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
    for chance in range(CHANCES):
        try:
            with Slice(path, start, length) as body:
                async with asyncio.timeout(pace.patience_s(length)):
                    return await _reading(body, put)
        except TimeoutError as error:
            if chance + 1 == CHANCES:
                raise too_slow(f"{path.name} from {start}") from error
    raise AssertionError("every chance returns or raises")


async def _reading(body: Slice, put: Callable[[Slice], Awaitable[T]]) -> T:
    """Send it; a file of ours that cannot be read is not a store that does not answer."""
    try:
        return await put(body)
    except Unavailable as error:
        if body.error is not None:
            raise body.error from error
        raise
