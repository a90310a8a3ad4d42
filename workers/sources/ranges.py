"""Reads ranges of a source; after a broken connection it goes on at the same byte."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from core.adapters.s3 import ObjectGone, Storage
from core.errors import PermanentError, TransientError
from workers.transfer_limits import CUT, DEFAULT_PACE, GONE, Pace, Patience, too_slow

BLOCK = 1024**2  # bytes handed on at once; also what a connection holds in memory
_MIN_RANGE = 8 * 1024**2
_MAX_RANGE = 256 * 1024**2

Take = Callable[[bytearray, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Source:
    """An object that is read.

    Attributes:
        storage: the store that it is in.
        key: its name there.
        size: in bytes.
        etag: of the version that is meant; None for whichever there is.
        connections: ranges under way at once, at the most; each holds about 1 MiB in memory.
        pace: how slow each of them may be.
    """

    storage: Storage
    key: str
    size: int
    etag: str | None
    connections: int
    pace: Pace = DEFAULT_PACE


async def read_range(source: Source, start: int, end: int, take: Take) -> None:
    """Read from `start` to before `end`.

    Each block is given to `take`, in order, with its place in the object. The time that `take`
    needs is not the store's.

    Raises:
        PermanentError: the object is gone, or is not the one that was uploaded.
        TransientError: fewer bytes came than there are, or they came too slowly.
        Unavailable: the store does not answer.
    """
    pace, place, patience = source.pace, start, Patience(source.pace)

    async def go_on() -> None:
        nonlocal place
        reading = source.storage.read_range(source.key, place, end - 1, source.etag)
        try:
            async with aclosing(reading) as chunks, aclosing(_blocks(chunks)) as blocks:
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


async def read_bytes(source: Source, start: int, end: int) -> bytes:
    """Return the bytes from `start` to before `end`; raises as `read_range` does."""
    found = bytearray()

    async def take(block: bytearray, place: int) -> None:
        # A range that was broken off in the middle of a block is gone on with behind the last.
        assert place == start + len(found)
        found.extend(block)

    await read_range(source, start, end, take)
    return bytes(found)


def range_length(size: int, connections: int) -> int:
    """Return how many bytes to ask for at once.

    A few ranges for each connection, so that none is left alone with the last one; not many more,
    since some stores read the whole object for each.
    """
    return min(max(size // (connections * 4), _MIN_RANGE), _MAX_RANGE)


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
