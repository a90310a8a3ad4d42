"""Carries out what a soak's plan has befall the product."""

import asyncio
import random
import signal
import time
from collections.abc import Sequence

from core.adapters.sqs import encode
from tests.faults import soak_plan
from tests.faults.proxy import Proxy
from tests.faults.soak_fleet import Fleet, Place
from tests.faults.soak_plan import Step
from tests.faults.world import World

_ENDS = {
    soak_plan.KILL_WORKER: ("workers", signal.SIGKILL),
    soak_plan.TERM_WORKER: ("workers", signal.SIGTERM),
    soak_plan.KILL_API: ("backend", signal.SIGKILL),
    soak_plan.TERM_API: ("backend", signal.SIGTERM),
    soak_plan.KILL_CONTROL: ("control", signal.SIGKILL),
}
_HALTS = {
    soak_plan.STOP_WORKER: "workers",
    soak_plan.STOP_API: "backend",
    soak_plan.STOP_CONTROL: "control",
}
_RESTARTS = {
    soak_plan.POSTGRES: ("postgres", None),
    soak_plan.CRASH: ("postgres", signal.SIGKILL),
    soak_plan.VALKEY: ("valkey", None),
}


class Troubles:
    """Makes trouble by the plan, and is over when everything runs undisturbed again."""

    def __init__(self, world: World, fleet: Fleet, proxy: Proxy, rng: random.Random) -> None:
        self.world, self.fleet, self.proxy, self.rng = world, fleet, proxy, rng
        self._window = 0  # counts the store's; a later one ends an earlier one

    async def make(self, steps: Sequence[Step]) -> None:
        """Carry out all steps, side by side where they take long."""
        began = time.monotonic()
        under_way = []
        for step in steps:
            await asyncio.sleep(max(0.0, began + step.at_s - time.monotonic()))
            under_way.append(asyncio.create_task(self._do(step)))
        try:
            await asyncio.gather(*under_way)
        finally:
            self.proxy.clear()
        await self.fleet.complete()

    async def _do(self, step: Step) -> None:
        if step.what in _ENDS:
            kind, number = _ENDS[step.what]
            await self.fleet.end(self._chosen(kind, step), number)
        elif step.what in _HALTS:
            await self.fleet.halt(self._chosen(_HALTS[step.what], step), step.seconds)
        elif step.what in _RESTARTS:
            await self.fleet.restart_part(*_RESTARTS[step.what])
        elif step.what == soak_plan.PURGE:
            await self.world.purge_queue()
        elif step.what == soak_plan.REPEAT:
            await self._repeat()
        else:
            assert step.what == soak_plan.STORE, f"nobody knows how to {step.what}"
            await self._misbehave(step)

    def _chosen(self, kind: str, step: Step) -> Place:
        places = self.fleet.of(kind)
        return places[step.which % len(places)]

    async def _repeat(self) -> None:
        rows = await self.world.rows("SELECT id FROM job_tasks ORDER BY id")
        for row in self.rng.sample(rows, min(5, len(rows))):
            for _ in range(self.rng.randint(1, 3)):
                await self.world.send(encode(row.id))

    async def _misbehave(self, step: Step) -> None:
        assert step.fault is not None
        self._window += 1
        mine = self._window
        self.proxy.set(step.fault, operations=step.operations, chance=step.chance)
        await asyncio.sleep(step.seconds)
        if mine == self._window:
            self.proxy.clear()
