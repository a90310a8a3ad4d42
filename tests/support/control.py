"""The relay and the sweeps in this process, on the connections of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from prometheus_client import REGISTRY

from control import lost_hints, main
from control.adapters import Adapters
from control.leases import Leases
from control.relay import Relay
from control.sweeps import sweep
from core.model.states import Topic
from tests.support.settings import Settings


@dataclass(frozen=True)
class Rounds:
    """What control does, to be asked for one by one."""

    adapters: Adapters
    relay: Relay
    leases: Leases

    async def hints(self) -> int:
        """Send what is due; return how many hints for workers there were."""
        hints, _ = await asyncio.gather(*map(self.relay.relay, (Topic.TASK, Topic.VIDEO)))
        return hints

    async def sent(self) -> int:
        """Send what is due; return how many rows there were."""
        return sum(await asyncio.gather(*map(self.relay.relay, Topic)))

    async def resend_lost(self) -> None:
        """Send tasks again whose hints were lost."""
        adapters = self.adapters
        await lost_hints.resend(adapters.db, adapters.queue, adapters.settings.redispatch_s)

    async def run(self) -> None:
        """Do all of it until cancelled, without hearing of what is queued."""
        await asyncio.gather(self.relay.run(), sweep(self.adapters, self.leases))


def counted(name: str) -> float:
    """Return what this process has counted since its start: `sent`, `lapsed`, `resent`, `dead`."""
    return REGISTRY.get_sample_value(f"framemill_tasks_{name}") or 0


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
    relay = Relay(adapters)
    leases = Leases(adapters.settings, adapters.db)
    if not careful:
        leases.are_trusted = _at_once  # type: ignore[method-assign]
    return Rounds(adapters, relay, leases)


async def _at_once() -> bool:
    return True


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[None]:
    """Have control at work in this process for as long as the block lasts."""
    async with main.opened(settings) as adapters:
        running = asyncio.create_task(main.work(adapters))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
