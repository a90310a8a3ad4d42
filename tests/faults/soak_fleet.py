"""The processes of a soak: each has its place, and what ends in it is started anew."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field

from embedded.errors import ComponentDied
from tests.faults.processes import Process
from tests.faults.world import World
from tests.support.components import restart, send_signal

_STARTS = 8  # a process that starts while a part is away may end again, as in operation
_APIS, _CONTROLS, _WORKERS = 2, 2, 3


@dataclass
class Place:
    """Where one process runs; `lock` is held while something befalls it."""

    kind: str
    process: Process | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Fleet:
    """Two APIs, two controls side by side and three workers.

    Attributes:
        faults: what processes did that they must not.
    """

    def __init__(self, world: World, mutations: Sequence[str]) -> None:
        self.world = world
        self.apis = [Place("backend") for _ in range(_APIS)]
        self.controls = [Place("control") for _ in range(_CONTROLS)]
        self.workers = [Place("workers") for _ in range(_WORKERS)]
        self.faults: list[str] = []
        self._mutations = mutations

    async def start(self) -> None:
        """Start all."""
        await asyncio.gather(*map(self._fill, self.controls))
        await self._fill(self.apis[0])  # it makes the account that a world begins with
        await asyncio.gather(*map(self._fill, (*self.apis[1:], *self.workers)))

    def of(self, kind: str) -> list[Place]:
        """The places of a kind of process."""
        return {"backend": self.apis, "control": self.controls, "workers": self.workers}[kind]

    def addressed(self) -> list[Process]:
        """The APIs that a user would ask: those too that do not answer."""
        return [place.process for place in self.apis if place.process is not None]

    async def end(self, place: Place, number: signal.Signals) -> None:
        """Have a signal end a process, and start another one; nothing if it has trouble already."""
        if place.lock.locked() or place.process is None:
            return
        async with place.lock:
            old = place.process
            old.signal(number)
            bound_s = self.world.timing.drain_s + 3 * self.world.timing.margin_s
            if await old.ended(bound_s) is None:
                self.faults.append(f"{old.kind} did not end within {bound_s} s of {number.name}")
                old.kill()
            await self._fill(place)

    async def halt(self, place: Place, seconds: float) -> None:
        """Have a process stand still for a while; nothing if it has trouble already."""
        if place.lock.locked() or place.process is None:
            return
        async with place.lock:
            place.process.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            place.process.signal(signal.SIGCONT)

    async def complete(self) -> None:
        """See that every process runs; one that ended by itself is a fault."""
        for place in (*self.apis, *self.controls, *self.workers):
            async with place.lock:
                if place.process is not None and not place.process.alive:
                    tail = place.process.log.read_text(errors="replace")[-1500:]
                    self.faults.append(f"{place.kind} ended by itself:\n{tail}")
                    await self._fill(place)

    async def restart_part(self, name: str, number: signal.Signals | None = None) -> None:
        """Restart Postgres or Valkey, in good order or by a signal."""
        if number is None:
            self.world.stack.supervisor.stop([name])
        else:
            send_signal(self.world.stack.supervisor, name, number)
        for _ in range(_STARTS):
            try:
                restart(self.world.stack.supervisor, name)
            except ComponentDied:  # the last children of a killed server may still be there
                await asyncio.sleep(0.5)
            else:
                return
        raise AssertionError(f"{name} does not start again")

    async def _fill(self, place: Place) -> None:
        port = place.process.port if place.process is not None else 0
        for attempt in range(_STARTS):
            try:
                if place.kind == "backend":
                    place.process = await self.world.start_api(*self._mutations, port=port)
                elif place.kind == "control":
                    place.process = await self.world.start_control(*self._mutations)
                else:
                    place.process = await self.world.start_worker(*self._mutations)
            except AssertionError:
                if attempt == _STARTS - 1:
                    raise
                await asyncio.sleep(0.5)
            else:
                return
