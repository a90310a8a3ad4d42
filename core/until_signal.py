"""Waits for the word to end."""

import asyncio
import signal
from collections.abc import Coroutine


async def until_signal(work: Coroutine[None, None, None]) -> None:
    """Do some work until SIGTERM or SIGINT, then cancel it and wait for its end.

    What it does at its end must bear being cancelled again.
    """
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    task, end = asyncio.create_task(work), asyncio.create_task(asked.wait())
    await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    # Again: a library may take a cancellation for an error of its own, and a round go on.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    if not task.cancelled():
        task.result()  # it ended by itself: that is a fault of ours, or there is no place for files
