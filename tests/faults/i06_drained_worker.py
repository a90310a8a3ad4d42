"""I6: SIGTERM drains: gone in time, its task handed on at once, its attempt not charged."""

import asyncio
import random
import signal
import time
import uuid
from functools import partial
from itertools import pairwise

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 3
_GONE_S = 25.0
_VISIBLE_S = 2.0
# So that nothing but the worker's own word can hand its task on in time.
_PATIENT = {"LEASE_S": "120", "VISIBILITY_S": "120", "REDISPATCH_S": "120"}


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Send SIGTERM in the middle of an encode; idle workers are there to go on."""
    world.extra.update(_PATIENT)
    await world.start_api()
    tally = Tally()
    side_by_side = min(tries, _SIDE_BY_SIDE)
    workers = await world.start_workers(2 * side_by_side, "paced_once")
    while tally.tried < tries:
        count = min(tries - tally.tried, side_by_side)
        videos = await asyncio.gather(*(world.upload(world.clips.slow) for _ in range(count)))
        await world.until_encoding(*videos)
        await asyncio.sleep(rng.uniform(0, 0.5))
        drained = [worker for worker in workers if world.encoders(worker)]
        told, gone_s = time.time(), _GONE_S * world.timing.stretch
        for worker in drained:
            worker.signal(signal.SIGTERM)
        statuses = [await worker.ended(gone_s - (time.time() - told)) for worker in drained]
        faults = [] if set(statuses) == {0} else [f"the workers ended with {statuses}"]
        if world.left_behind_by(*drained):
            faults.append("an FFmpeg outlived its worker")

        handed_on = partial(_all_handed_on, world, videos)
        if await world.holds(handed_on, _VISIBLE_S + world.timing.margin_s):
            await world.ends(*videos)
        for video_id in videos:
            tally.add(faults + await _faults(world, video_id), await _handed_on_s(world, video_id))
        workers = [worker for worker in workers if worker.alive]
        if tally.tried < tries:
            workers += await world.start_workers(2 * side_by_side - len(workers), "paced_once")
    return tally.outcome()


async def _all_handed_on(world: World, videos: list[uuid.UUID]) -> bool:
    return None not in [await _handed_on_s(world, each) for each in videos]


async def _handed_on_s(world: World, video_id: uuid.UUID) -> float | None:
    """Return the seconds from given back to claimed again; None if it was not, or not yet."""
    for before, after in pairwise(await world.task_changes(video_id)):
        if before.state == "queued" and before.attempt > 0 and after.state == "running":
            return after.at - before.at
    return None


async def _faults(world: World, video_id: uuid.UUID) -> list[str]:
    faults = await world.faults(video_id)
    handed_on_s = await _handed_on_s(world, video_id)
    if handed_on_s is None or handed_on_s > _VISIBLE_S * world.timing.stretch:
        faults.append(f"{video_id}: handed on after {handed_on_s} s")
    task = await world.task(video_id)
    if task.charged != 1:
        faults.append(f"{video_id}: {task.charged} attempts were charged")
    return faults


SCENARIO = Scenario(
    "I6",
    "SIGTERM drains",
    full_count=30,
    small_count=2,
    run=run,
    protections=(
        Protection("give_back", "a worker gives back what it holds", ("give_back",), 1),
        # Either is enough: that others are told, and that they look without a message.
        Protection("hint", "others are told of it", ("no_hint", "only_told"), 1),
        Protection("uncharged", "a drained attempt does not count", ("charge_drained",), 1),
    ),
)
