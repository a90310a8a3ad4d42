"""The relay and the sweeps in this process, on the connections of a test."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from control.adapters import Adapters
from control.main import Control, opened
from control.relay import Relay
from control.sweeps import Sweeps
from core.model.states import Topic
from tests.support.settings import Settings


@dataclass(frozen=True)
class Rounds:
    """What control does, to be asked for one by one."""

    held: Adapters
    relay: Relay
    sweeps: Sweeps

    async def hints(self) -> int:
        """Send what is due; return how many hints for workers there were."""
        hints, _ = await asyncio.gather(*map(self.relay.relay, (Topic.TASK, Topic.VIDEO)))
        return hints

    async def sent(self) -> int:
        """Send what is due; return how many rows there were."""
        return sum(await asyncio.gather(*map(self.relay.relay, Topic)))

    async def run(self) -> None:
        """Do all of it until cancelled, without hearing of what is queued."""
        await asyncio.gather(self.relay.run(), self.sweeps.run())


def rounds_of(
    settings: Any,
    db: Any,
    queue: Any = None,
    dead: Any = None,
    storage: Any = None,
    redis: Any = None,
    *,
    at_work: bool = True,
) -> Rounds:
    """Return the rounds; what a test does not need may be left out.

    Those of a control that has been at work for a while, or of one that has just begun.
    """
    held = Adapters(*(cast(Any, each) for each in (settings, db, queue, dead, storage, redis)))
    relay, sweeps = Relay(held.db, held.queue, held.redis, held.settings.sweep_s), Sweeps(held)
    if at_work:
        sweeps._leases._answered_at = time.clock_gettime(time.CLOCK_BOOTTIME)
    return Rounds(held, relay, sweeps)


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[Control]:
    """Have control at work in this process for as long as the block lasts."""
    async with opened(settings) as control:
        running = asyncio.create_task(control.run())
        try:
            yield control
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
