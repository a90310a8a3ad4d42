"""Patience: tests wait for conditions, never for time to pass."""

import asyncio
import inspect
import time
from collections.abc import Callable


async def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Return as soon as a condition holds, awaiting it if need be; fail when it is too late."""
    deadline = time.monotonic() + seconds
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.02)
