"""Several coroutines at once; the first error ends them all and is the one that is raised."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results in order.

    Unlike `asyncio.gather` it leaves nothing running when it raises, and unlike a `TaskGroup` it
    raises the error itself, which says whether trying again helps, and not a group around it.
    """
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
