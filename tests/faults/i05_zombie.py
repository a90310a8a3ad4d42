"""I5: a zombie cannot publish: a worker that stood still past its lease and then goes on."""

import asyncio
import os
import random
import signal
import uuid
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress
from typing import Any

from tests.faults.processes import Process
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 3
_ENDLESS = "a zombie did not come to an end with what it held"
_THROUGH = ("planned", "lease_lost", "succeeded", "failed", "released", "message_not_settled")


@dataclass(frozen=True)
class _Shown:
    """All that others see of a video, and how its outputs lie in the store."""

    rows: list[Any]
    objects: dict[str, Any]


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Stop workers past their leases and let them go on, at three moments in turn.

    While another one is at the same task; after it has finished; and, stopped just before its
    outputs were to be stored, after another one has stored its own.
    """
    await world.start_api()
    tally = Tally()
    kinds = world.focus or ("encoding", "encoding", "publishing")
    late = sum(kinds[number % len(kinds)] == "publishing" for number in range(tries))
    await _stop_in_encodes(world, tries - late, tally, rng)
    await _stop_before_publishing(world, late, tally)
    return tally.outcome()


async def _stop_in_encodes(world: World, tries: int, tally: Tally, rng: random.Random) -> None:
    side_by_side = min(tries, _SIDE_BY_SIDE)
    workers = await world.start_workers(2 * side_by_side, "paced")
    for first in range(0, tries, side_by_side or 1):
        count = min(tries - first, side_by_side)
        await world.purge_queue()
        videos = await asyncio.gather(*(world.upload(world.clips.slow) for _ in range(count)))
        await world.until_encoding(*videos)
        await asyncio.sleep(rng.uniform(0, 0.5))
        zombies = [await _holder(world, workers, video_id) for video_id in videos]
        groups = [[*world.encoders(zombie), zombie.pid] for zombie in zombies]
        for pid in chain(*groups):
            os.kill(pid, signal.SIGSTOP)
        await world.until(partial(_others_hold, world, videos), world.timing.restart_s + 30)
        early = [(first + number) % 2 == 0 for number in range(count)]
        for pid in chain(*compress(groups, early)):
            os.kill(pid, signal.SIGCONT)
        await world.ends(*videos)
        late = [not each for each in early]
        before = {each: await _shown(world, each) for each in compress(videos, late)}
        for pid in chain(*compress(groups, late)):
            os.kill(pid, signal.SIGCONT)
        through = await _are_through(world, zombies)
        await _judge(world, videos, before, tally, [] if through else [_ENDLESS])
    for worker in workers:
        worker.kill()


async def _stop_before_publishing(world: World, tries: int, tally: Tally) -> None:
    workers: list[Process] = []
    for first in range(0, tries, _SIDE_BY_SIDE):
        count = min(tries - first, _SIDE_BY_SIDE)
        await world.purge_queue()
        workers += await world.start_workers(2 * count - len(workers), "halt_before_completing")
        videos = await asyncio.gather(*(world.upload(world.clips.quick) for _ in range(count)))
        await world.ends(*videos, seconds=world.timing.restart_s + 60)
        zombies = [worker for worker in workers if worker.halted]
        assert len(zombies) == count, f"{len(zombies)} workers have stopped, not {count}"
        before = {video_id: await _shown(world, video_id) for video_id in videos}
        for zombie in zombies:
            zombie.signal(signal.SIGCONT)
        through = await _are_through(world, zombies)
        await _judge(world, videos, before, tally, [] if through else [_ENDLESS])


async def _holder(world: World, workers: list[Process], video_id: uuid.UUID) -> Process:
    """Return the worker that has claimed a video's task."""
    name = (await world.task(video_id)).worker
    return next(worker for worker in workers if str(name).endswith(f":{worker.pid}"))


async def _others_hold(world: World, videos: list[uuid.UUID]) -> bool:
    tasks = [await world.task(video_id) for video_id in videos]
    return all(task.attempt > 1 and task.state != "queued" for task in tasks)


async def _are_through(world: World, zombies: list[Process]) -> bool:
    """Wait until each zombie has done all that it will; it may well have ended others before."""

    def through() -> bool:
        return all(
            sum(len(zombie.events(name)) for name in _THROUGH) == len(zombie.events("claimed"))
            for zombie in zombies
        )

    return await world.holds(through, 30)


async def _shown(world: World, video_id: uuid.UUID) -> _Shown:
    tables = {"videos": "id", "assets": "video_id", "jobs": "video_id"}
    rows = [
        list(await world.rows(f"SELECT * FROM {table} WHERE {key} = :id ORDER BY id", id=video_id))
        for table, key in tables.items()
    ]
    named = [row.s3_key for row in rows[1]]
    stored = await world.objects(f"videos/{video_id}/")
    return _Shown(rows, {key: stored.get(key) for key in named})


async def _left_over(world: World, video_id: uuid.UUID) -> list[str]:
    """Return what lies in the store for a video and is named by nobody."""
    named = {row.s3_key for row in await world.outputs(video_id)}
    logs = await world.rows(
        "SELECT a.log_key FROM task_attempts a JOIN job_tasks t ON t.id = a.task_id"
        " WHERE t.video_id = :id",
        id=video_id,
    )
    spans = await world.rows(
        "SELECT s.s3_key FROM spans s JOIN tracks t ON t.id = s.track_id WHERE t.video_id = :id",
        id=video_id,
    )
    named |= {row.s3_key for row in spans}
    named |= {row.log_key for row in logs} | {(await world.video(video_id)).source_key}
    return sorted(set(await world.objects(f"videos/{video_id}/")) - named)


async def _nothing_left(world: World, videos: list[uuid.UUID]) -> bool:
    return not any([await _left_over(world, video_id) for video_id in videos])


async def _judge(
    world: World,
    videos: list[uuid.UUID],
    before: dict[uuid.UUID, _Shown],
    tally: Tally,
    endless: list[str],
) -> None:
    # Long before the outputs of attempts are removed of which nobody knows whether they ended.
    await world.holds(partial(_nothing_left, world, videos), 15)
    for video_id in videos:
        faults = endless + await world.faults(video_id)
        if video_id in before and await _shown(world, video_id) != before[video_id]:
            faults.append(f"{video_id}: a zombie changed what was published")
        task = await world.task(video_id)
        last = f"{task.key}-{task.attempt}"
        if any(row.s3_key.split("/")[3] != last for row in await world.outputs(video_id)):
            faults.append(f"{video_id}: what is published is not of {last}")
        faults += [f"{key} was left behind" for key in await _left_over(world, video_id)]
        tally.add(faults)


SCENARIO = Scenario(
    "I5",
    "a zombie cannot publish",
    full_count=30,
    small_count=3,
    run=run,
    protections=(
        # Either of the two is enough: the fence, and the guard of a video's state.
        Protection(
            "fence",
            "every write carries the attempt",
            ("fence", "any_transition"),
            1,
            ("encoding",),
        ),
        Protection(
            "own_place", "each attempt has a place of its own", ("own_place",), 1, ("publishing",)
        ),
        Protection(
            "abandon",
            "what was stored in vain is removed",
            ("keep_abandoned",),
            1,
            ("publishing",),
        ),
    ),
)
