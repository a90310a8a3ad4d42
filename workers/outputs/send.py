"""Sends a file, or a range of one, to the store: never whole in memory, again if it is slow."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from core.adapters.s3 import Storage
from core.errors import TransientError, Unavailable
from workers.outputs.file_range import Slice
from workers.transfer_limits import CUT, Pace, Patience, too_slow

T = TypeVar("T")


async def send(
    storage: Storage, path: Path, size: int, key: str, content_type: str, pace: Pace
) -> None:
    """Upload the first `size` bytes of a file in one request, and see that the store has them.

    Raises:
        TransientError: the store has another size than was sent, or took it too slowly.
        OSError: the file cannot be read, or became shorter.
        Unavailable: the store does not answer.
    """
    await send_stretch(path, 0, size, lambda body: storage.put(key, body, content_type), pace)
    await see_all(storage, key, size, pace)


async def see_all(storage: Storage, key: str, size: int, pace: Pace) -> None:
    """See that an object has as many bytes as were sent.

    Raises:
        TransientError: it has not.
        Unavailable: the store does not answer.
    """
    stored = await Patience(pace).bear(lambda: storage.head(key))
    if stored is None or stored.size != size:
        raise TransientError(f"{key} has {stored and stored.size} of {size} bytes", CUT)


async def send_stretch(
    path: Path, start: int, length: int, put: Callable[[Slice], Awaitable[T]], pace: Pace
) -> T:
    """Send a stretch of a file, anew when that fails or takes too long; raises as `send`."""

    async def once() -> T:
        with Slice(path, start, length) as body:
            try:
                async with asyncio.timeout(pace.patience_s(length)):
                    return await put(body)
            except TimeoutError as error:
                raise too_slow(f"{path.name} from {start}") from error
            except Unavailable as error:
                # A file of ours that cannot be read is not a store that does not answer.
                if body.error is not None:
                    raise body.error from error
                raise

    return await Patience(pace).bear(once)
