"""Runs several coroutines at once; the first error ends them all and is raised."""

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
        await end(*tasks)


async def unbroken(work: Coroutine[Any, Any, object]) -> None:
    """Do it to its end however often cancelled, and only then be cancelled."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        task.result()
        return
    if not task.cancelled():
        task.exception()  # seen; being cancelled comes first
    raise cancelled


async def end(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks and wait until they have ended, whatever with.

    Asked again every second: a library may take a cancellation for an error of its own and go on.
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, so that nobody is told that it was not
