"""I4: a killed worker's job ends elsewhere."""

import asyncio
import random
import time
import uuid
from functools import partial

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 3
_ORPHAN_S = 2.0  # for the kernel to end FFmpeg with its worker


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Kill workers in the middle of an encode, a few side by side; others go on."""
    await world.start_api()
    tally = Tally()
    side_by_side = min(tries, _SIDE_BY_SIDE)
    workers = await world.start_workers(2 * side_by_side, "paced_once")
    while tally.tried < tries:
        count = min(tries - tally.tried, side_by_side)
        videos = await asyncio.gather(*(world.upload(world.clips.slow) for _ in range(count)))
        await world.until_encoding(*videos)
        await asyncio.sleep(rng.uniform(0, 0.5))
        busy = {worker.pid: world.encoders(worker) for worker in workers}
        encoders = [pid for pids in busy.values() for pid in pids]
        killed = time.time()
        for worker in workers:
            if busy[worker.pid]:
                worker.kill()
        gone = await world.holds(partial(_gone, world, encoders), _ORPHAN_S)
        orphans = [] if gone else ["an FFmpeg outlived its worker"]
        restarted = partial(_all_restarted, world, videos, killed)
        if await world.holds(restarted, world.timing.restart_s):
            await world.ends(*videos)
        for video_id in videos:
            recovery_s = await _restarted(world, video_id, killed)
            faults = await world.faults(video_id) + orphans
            if recovery_s is None or recovery_s > world.timing.restart_s:
                faults.append(f"{video_id}: restarted after {recovery_s} s")
            tally.add(faults, recovery_s)
        workers = [worker for worker in workers if worker.alive]
        if tally.tried < tries:
            workers += await world.start_workers(2 * side_by_side - len(workers), "paced_once")
    return tally.outcome()


def _gone(world: World, pids: list[int]) -> bool:
    return not set(pids) & set(world.left_behind())


async def _all_restarted(world: World, videos: list[uuid.UUID], killed: float) -> bool:
    return None not in [await _restarted(world, each, killed) for each in videos]


async def _restarted(world: World, video_id: uuid.UUID, killed: float) -> float | None:
    """Return how many seconds after the kill another attempt began; None if none did."""
    began = [
        change.at - killed
        for change in await world.task_changes(video_id)
        if change.state == "running" and change.attempt > 1
    ]
    return began[0] if began else None


SCENARIO = Scenario(
    "I4",
    "a killed worker's job ends elsewhere",
    full_count=50,
    small_count=2,
    run=run,
    protections=(
        Protection("leases", "nobody notices a lease that has lapsed", ("lapse",), tries=1),
        Protection("parent_death", "FFmpeg does not die with its worker", ("parent_death",), 1),
    ),
)
