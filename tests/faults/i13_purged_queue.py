"""I13: nothing stays "processing", though every message is gone."""

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 4


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Purge the queue while one video is worked on and others wait behind it.

    In every second round its worker is killed too: then nothing but the database knows of it.
    """
    await world.start_api()
    tally = Tally()
    for number, first in enumerate(range(0, tries, _SIDE_BY_SIDE)):
        count = min(tries - first, _SIDE_BY_SIDE)
        (worker,) = await world.start_workers(1, "paced")
        held = await world.upload(world.clips.slow)
        await world.until_encoding(held)
        behind = await asyncio.gather(*(world.upload(world.clips.quick) for _ in range(count - 1)))
        videos = [held, *behind]
        await world.until(partial(_sent, world, behind), what="the messages are there")
        await asyncio.sleep(rng.uniform(0, 0.3))
        killed = number % 2 == 0
        if killed:
            worker.kill()
        (purged,) = await world.rows("SELECT clock_timestamp() AS at")
        await world.purge_queue()
        if killed:
            await world.start_worker("paced")
        there_is_a_worker = time.time()
        lost = videos if killed else behind
        swept = await world.holds(partial(_swept, world, lost, purged.at), world.timing.resend_s)
        if swept:
            await world.ends(*videos)
        for video_id in videos:
            faults = await world.faults(video_id)
            swept_at = await _swept_at(world, video_id, purged.at)
            swept_s = None if swept_at is None else max(0.0, swept_at - there_is_a_worker)
            if video_id in lost and (swept_s is None or swept_s > world.timing.resend_s):
                faults.append(f"{video_id}: swept after {swept_s} s")
            tally.add(faults, swept_s)
        for each in world.workers:
            each.kill()
    return tally.outcome()


async def _sent(world: World, videos: Sequence[uuid.UUID]) -> bool:
    return all([await world.hinted(video_id) for video_id in videos])


async def _swept(world: World, videos: Sequence[uuid.UUID], purged: datetime) -> bool:
    return None not in [await _swept_at(world, video_id, purged) for video_id in videos]


async def _swept_at(world: World, video_id: uuid.UUID, purged: datetime) -> float | None:
    """Return when after the purge the video's task was sent, or begun, again; None if never.

    A message says only that there is work: one that was sent for another task may begin this one.
    """
    sent = await world.hinted(video_id)
    begun = [
        change.at for change in await world.task_changes(video_id) if change.state == "running"
    ]
    times = [*([sent.timestamp()] if sent else []), *begun]
    return min((at for at in times if at > purged.timestamp()), default=None)


SCENARIO = Scenario(
    "I13",
    'nothing stays "processing"',
    full_count=20,
    small_count=4,
    least_count=2,
    run=run,
    protections=(
        # Either is enough: that messages are sent again, and that workers look without one.
        Protection("resend", "tasks whose messages are gone are found", ("resend", "only_told"), 2),
        Protection("lapse", "tasks of silent workers are brought back", ("lapse",), 1),
    ),
)
