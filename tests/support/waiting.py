"""Patience: tests wait for conditions, never for time to pass.

A test asks whether something happens; how fast is another question, see `lanes.in_time`. So whoever
waits has the patience of this module, and goes on as soon as the thing has happened: only a test
that fails waits to the end. For a machine that is slower still: `FRAMEMILL_TEST_PATIENCE=3`.
"""

import asyncio
import inspect
import os
import threading
import time
from collections.abc import Callable

FACTOR = float(os.environ.get("FRAMEMILL_TEST_PATIENCE", "1"))
PATIENCE_S = 90 * FACTOR


def patience(seconds: float = 0) -> float:
    """Return how long to wait, in seconds, for what may well take so many on an idle machine."""
    return max(PATIENCE_S, 3 * seconds * FACTOR)


def patiently(seconds: float = 0) -> asyncio.Timeout:
    """Give a block that ends by itself an end all the same: `async with patiently():`."""
    return asyncio.timeout(patience(seconds))


async def wait_until(condition: Callable[[], object], seconds: float = 0) -> None:
    """Return as soon as a condition holds, awaiting it if need be; fail when it never does.

    Args:
        condition: what is waited for.
        seconds: how long that may take on an idle machine, if it is more than a moment.
    """
    deadline = time.monotonic() + patience(seconds)
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        assert time.monotonic() < deadline, f"not within {patience(seconds):.0f} s"
        await asyncio.sleep(0.02)


def wait_for(
    condition: Callable[[], object], seconds: float = 0, explain: Callable[[], str] = lambda: ""
) -> None:
    """Do as `wait_until` where nothing is awaited; `explain` tells what there was instead."""
    deadline = time.monotonic() + patience(seconds)
    pause = threading.Event()
    while not condition():
        late = f"not within {patience(seconds):.0f} s: {explain()}"
        assert time.monotonic() < deadline, late
        pause.wait(0.02)
