"""I15: whatever happens to a stream of changes, the final state is seen."""

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import httpx
import redis.asyncio as redis
from redis.exceptions import RedisError

from tests.faults.person import Person
from tests.faults.processes import Process
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.watcher import Told, Watcher, disorder
from tests.faults.world import World
from tests.support.components import restart

_HEAL_S = 5.0  # as in backend/events/stream.py
_SIDE_BY_SIDE = 6
_RESTART_EACH = 3  # of the rounds, one with a restart of Valkey

# What befalls the stream.
_DEAF = "deaf"  # it stays open, and no event ever arrives
_CUT = "cut"  # the connection breaks again and again
_AWAY = "away"  # nobody listens while the end comes
_KILLED = "unsubscribed"  # Valkey throws the API's subscription out, again and again

# And how the video ends meanwhile.
_READY, _CANCELLED, _DELETED = "ready", "cancelled", "deleted"

_KINDS = (
    (_DEAF, _READY),
    (_CUT, _READY),
    (_AWAY, _READY),
    (_DEAF, _DELETED),
    (_KILLED, _CANCELLED),
    (_AWAY, _DELETED),
    (_CUT, _DELETED),
    (_DEAF, _CANCELLED),
    (_KILLED, _READY),
    (_AWAY, _CANCELLED),
    (_CUT, _CANCELLED),
    (_KILLED, _DELETED),
)


@dataclass
class _Try:
    """A video, somebody who follows it, and somebody who follows all."""

    world: World
    user: Person
    api: Process
    fault: str
    end: str
    rng: random.Random
    video_id: uuid.UUID = field(init=False)
    watchers: list[Watcher] = field(default_factory=list)

    async def play(self) -> tuple[list[str], float | None]:
        """Return what was wrong, and after how many seconds both knew the end."""
        self.video_id = await self.world.upload(self.world.clips.slow)
        self.watchers = [
            Watcher(self.world, self.api, followed, self.rng.random() < 0.5)
            for followed in (self.video_id, None)
        ]
        try:
            return await self._played()
        finally:
            for watcher in self.watchers:
                await watcher.stop()

    async def _played(self) -> tuple[list[str], float | None]:
        await self.world.until_encoding(self.video_id, or_ready=True)
        over = asyncio.Event()
        trouble = asyncio.create_task(self._trouble(over))
        try:
            ends = await self._ends()
            await self.world.ends(self.video_id)
            if self.fault == _AWAY:
                await asyncio.sleep(self.rng.uniform(0, 1))
        finally:
            over.set()  # not cancelled: a client may take that for an error of its own and go on
            await trouble
        began = time.time()
        for watcher in self.watchers:
            watcher.come_back()
        await self.world.holds(self._seen_by_all, _HEAL_S + self.world.timing.margin_s)
        changes = await self.world.changes(self.video_id)
        faults = await self.world.faults(self.video_id, ends)
        recovered = []
        for watcher in self.watchers:
            whose = "who follows all" if watcher.video_id is None else "who follows it"
            wrong = disorder(watcher.connections, self.video_id, changes)
            seen = watcher.learnt(self.video_id)
            if seen and _is(seen[-1], changes[-1].state, changes[-1].version):
                first = next(each for each in seen if each.state == changes[-1].state)
                since = began if self.fault == _AWAY else changes[-1].at
                recovered.append(max(0.0, first.at - since))
            else:
                wrong.append(f"the end ({changes[-1].state}) was not seen, but {seen[-1:]}")
            faults += [f"{self.fault}, {whose}: {each}" for each in wrong]
        return faults, max(recovered) if len(recovered) == len(self.watchers) else None

    async def _ends(self) -> set[str]:
        """Have the video end as wanted; return the states that it may end in."""
        if self.end == _READY:
            return {_READY}
        await asyncio.sleep(self.rng.uniform(0, 1.5))
        if self.end == _DELETED:
            await self.user.ask("DELETE", f"/v1/videos/{self.video_id}", fine={404})
            return {_DELETED}
        path = f"/v1/videos/{self.video_id}/cancel"
        answer = await self.user.ask("POST", path, fine={409})
        return {_CANCELLED} if answer.response.is_success else {_CANCELLED, _READY}

    async def _seen_by_all(self) -> bool:
        row = await self.world.video(self.video_id)
        learnt = [watcher.learnt(self.video_id) for watcher in self.watchers]
        return all(seen and _is(seen[-1], row.state, row.version) for seen in learnt)

    async def _trouble(self, over: asyncio.Event) -> None:
        if self.fault == _AWAY:
            for watcher in self.watchers:
                watcher.leave()
        while self.fault in (_CUT, _KILLED) and not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.rng.uniform(0.1, 0.8))
            if self.fault == _KILLED:
                await _unsubscribe(self.world)
                continue
            for watcher in self.watchers:
                watcher.cut(rudely=self.rng.random() < 0.5)


def _is(told: Told, state: str, version: int) -> bool:
    return told.state == state and told.version in (version, None)


async def _unsubscribe(world: World) -> None:
    """Have Valkey throw everybody out who listens; those come again, and have missed what was."""
    with suppress(RedisError, OSError):
        async with redis.Redis.from_url(world.stack.environment["REDIS_URL"]) as client:
            await client.client_kill_filter(_type="pubsub")


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Follow videos on streams to which everything happens that can happen to a stream."""
    kinds = [kind for kind in _KINDS if not world.focus or kind[0] in world.focus]
    world.extra["MAX_STREAMS_PER_USER"] = "100"
    chosen = [kinds[number % len(kinds)] for number in range(tries)]
    apis = {
        is_deaf: await world.start_api(*(["deaf"] if is_deaf else []))
        for is_deaf in sorted({fault == _DEAF for fault, _ in chosen})
    }
    user = Person(world, lambda: world.apis, rng)
    await user.enter()
    await world.start_worker("real_time", WORKER_CONCURRENCY=str(_SIDE_BY_SIDE))
    tally = Tally()
    for number, first in enumerate(range(0, tries, _SIDE_BY_SIDE)):
        made = [
            _Try(world, user, apis[fault == _DEAF], fault, end, rng)
            for fault, end in chosen[first : first + _SIDE_BY_SIDE]
        ]
        playing = [asyncio.create_task(each.play()) for each in made]
        # Only where nobody else stands on it: a world of the tests has others beside it.
        if world.timing.lease_s > 5 and number % _RESTART_EACH == _RESTART_EACH - 1:
            await world.until(partial(_followed, made), what="everybody follows")
            await asyncio.sleep(rng.uniform(0, 3))
            restart(world.stack.supervisor, "valkey")
            await world.until(lambda: _entered(user), what="the user is in again")
        for faults, recovery_s in await asyncio.gather(*playing):
            tally.add(faults, recovery_s)
        # The library is one page for whoever comes again.
        for each in made:
            await user.ask("DELETE", f"/v1/videos/{each.video_id}", fine={404})
    return tally.outcome()


def _followed(tries: Sequence[_Try]) -> bool:
    return all(each.watchers for each in tries)


async def _entered(user: Person) -> bool:
    """Whether the user has a session again; a Valkey that was restarted knows of none."""
    try:
        return (await user.ask("GET", "/v1/videos")).response.is_success
    except httpx.HTTPError:
        return False


SCENARIO = Scenario(
    "I15",
    "streams of changes heal",
    full_count=50,
    small_count=6,
    least_count=3,
    run=run,
    protections=(
        Protection("heal_read", "a stream never looks by itself", ("heal_read",), 1, (_DEAF,)),
        Protection("version_filter", "what was told is told again", ("version_filter",), 2,
                   (_CUT,)),
        Protection("snapshot", "nobody says how things stand", ("snapshot",), 1, (_AWAY,)),
    ),
)  # fmt: skip
