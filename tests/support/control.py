"""The relay and the sweeps in this process, on the connections of a test."""

import asyncio
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
        before = self.relay.sent[Topic.TASK]
        await self.relay.relay()
        return self.relay.sent[Topic.TASK] - before

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
) -> Rounds:
    """Return the rounds; what a test does not need may be left out."""
    held = Adapters(*(cast(Any, each) for each in (settings, db, queue, dead, storage, redis)))
    relay = Relay(held.db, held.queue, held.redis, held.settings.sweep_s)
    return Rounds(held, relay, Sweeps(held))


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
