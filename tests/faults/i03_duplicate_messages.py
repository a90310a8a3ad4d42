"""I3: a duplicate message has no second effect."""

import asyncio
import random
import uuid
from functools import partial
from itertools import pairwise

from core.adapters.sqs import encode
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 10


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Deliver every message two to five times at once, and as often again after the end."""
    await world.start_api()
    tally = Tally()
    while tally.tried < tries:
        count = min(tries - tally.tried, _SIDE_BY_SIDE)
        for worker in world.workers:  # while there is none, the copies gather
            worker.kill()
        videos = await asyncio.gather(*(world.upload(world.clips.quick) for _ in range(count)))
        await world.until(partial(_waiting, world, count), what="the messages are there")
        bodies = [encode((await world.task(video_id)).id) for video_id in videos]
        copies = [body for body in bodies for _ in range(rng.randint(2, 5))]
        rng.shuffle(copies)
        await _deliver(world, copies, but=len(bodies))
        await world.start_workers(2, WORKER_CONCURRENCY="2")
        await world.ends(*videos)
        versions = [(await world.video(video_id)).version for video_id in videos]
        await _deliver(world, copies)
        settled = await world.holds(lambda: _waiting(world, 0), world.timing.visibility_s + 15)
        for video_id, version in zip(videos, versions, strict=True):
            faults = [] if settled else ["messages that say nothing new stay in the queue"]
            tally.add(faults + await _faults(world, video_id, version))
    return tally.outcome()


async def _deliver(world: World, bodies: list[str], but: int = 0) -> None:
    for body in bodies[but:]:
        await world.send(body)


async def _waiting(world: World, count: int) -> bool:
    return sum(await world.messages()) == count


async def _faults(world: World, video_id: uuid.UUID, version: int) -> list[str]:
    faults = await world.faults(video_id)
    tasks = await world.tasks(video_id)
    for task in tasks:
        if (task.attempt, task.charged) != (1, 1):
            told = f"{task.attempt} attempts, {task.charged} charged"
            faults.append(f"{video_id}: {task.key}: {told}")
    states = [change.state for change in await world.changes(video_id)]
    became_ready = sum(after == "ready" != before for before, after in pairwise(states))
    if became_ready != 1:
        faults.append(f"{video_id}: became ready {became_ready} times")
    if (await world.video(video_id)).version != version:
        faults.append(f"{video_id}: changed after it was ready")
    stored = await world.objects(f"videos/{video_id}/{tasks[-1].job_id}/")
    # Segments lie in a place of their own, one for each attempt.
    places = [key.split("/")[3:5] for key in stored]
    attempts = {place[1] if place[0] == "stream" else place[0] for place in places}
    attempts -= {"log-encode-1.txt"}
    if attempts != {"encode-1"}:
        faults.append(f"{video_id}: outputs of attempts {sorted(attempts)}")
    return faults


SCENARIO = Scenario(
    "I3",
    "a duplicate message has no second effect",
    full_count=100,
    small_count=5,
    least_count=2,
    run=run,
    protections=(
        Protection("claim_guard", "only a task that waits is claimed", ("claim_guard",), 2),
        Protection("settle", "a message with nothing to say is deleted", ("keep_messages",), 1),
    ),
)
