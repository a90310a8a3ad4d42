"""Reads ranges of a source; after a broken connection it goes on at the same byte."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from core.adapters.s3 import ObjectGone, Storage
from core.errors import PermanentError, TransientError
from core.tasks.claim import Work
from workers.runtime.patience import Patience
from workers.transfer_limits import CUT, GONE, Pace, too_slow

BLOCK = 1024**2  # bytes handed on at once; also what a connection holds in memory

Take = Callable[[bytearray, int], Awaitable[None]]


async def read_range(
    storage: Storage, work: Work, start: int, end: int, take: Take, pace: Pace
) -> None:
    """Read from `start` to before `end`.

    Args:
        storage: the object store.
        work: says which object, and which version of it.
        start: the first byte.
        end: behind the last byte.
        take: called with each block, in order, and its place in the object.
        pace: how slow the store may be; the time that `take` needs is not counted.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are, or they came too slowly.
        Unavailable: the store does not answer.
    """
    place, patience = start, Patience(pace)

    async def go_on() -> None:
        nonlocal place
        try:
            async with (
                aclosing(
                    storage.read_range(work.source_key, place, end - 1, work.source_etag)
                ) as chunks,
                aclosing(_blocks(chunks)) as blocks,
            ):
                while block := await _next(blocks, pace.patience_s(min(BLOCK, end - place))):
                    await take(block, place)
                    place += len(block)
                    patience.progress()
        except ObjectGone as error:
            raise PermanentError(GONE) from error
        except TimeoutError as error:
            raise too_slow(f"the range from {start} to {end}") from error
        if place < end:
            raise TransientError(f"the range from {start} to {end} ended at {place}", CUT)

    await patience.bear(go_on)


async def read_bytes(storage: Storage, work: Work, start: int, end: int, pace: Pace) -> bytes:
    """Return the bytes from `start` to before `end`; raises as `read_range` does."""
    found = bytearray()

    async def take(block: bytearray, place: int) -> None:
        # A range that was broken off in the middle of a block is gone on with behind the last.
        assert place == start + len(found)
        found.extend(block)

    await read_range(storage, work, start, end, take, pace)
    return bytes(found)


async def _next(blocks: AsyncIterator[bytearray], seconds: float) -> bytearray | None:
    """Return the next block, or None after the last; raise TimeoutError when it is too late."""
    async with asyncio.timeout(seconds):
        return await anext(blocks, None)


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytearray, None]:
    """Gather chunks into blocks that are worth a thread's while."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= BLOCK:
            yield block
            block = bytearray()
    if block:
        yield block
