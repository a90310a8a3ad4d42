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

    adapters: Adapters
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
    careful: bool = False,
) -> Rounds:
    """Return the rounds; what a test does not need may be left out.

    Unless they are to be careful, a lease that has lapsed says at once that its worker is gone:
    however long ago a test has looked before.
    """
    adapters = Adapters(*(cast(Any, each) for each in (settings, db, queue, dead, storage, redis)))
    relay, sweeps = (
        Relay(adapters.db, adapters.queue, adapters.redis, adapters.settings.sweep_s),
        Sweeps(adapters),
    )
    if not careful:
        sweeps._leases.say_something = _at_once  # type: ignore[method-assign]
    return Rounds(adapters, relay, sweeps)


async def _at_once() -> bool:
    return True


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
