"""I11: order does not matter: late, early and stale messages and events move nothing backward."""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import pairwise

import redis.asyncio as redis

from core.adapters.redis import connect as connect_redis
from core.adapters.sqs import encode
from core.events import VideoEvent, announce
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World
from tests.support.sse import stream

# What its owner does with a video while its message is under way, and how it must end.
_WAITS = "nothing"
_DELETED_WAITING = "deletes it while it waits"
_DELETED_WORKING = "deletes it while it is worked on"
_RETRIED = "cancels it while it is worked on, and wants it again"
_KINDS = (_WAITS, _DELETED_WORKING, _RETRIED, _DELETED_WAITING)
_EXPECTED = {_WAITS: "ready", _RETRIED: "ready"}

# By video, as it came: versions, names of events, and how far it was.
Told = dict[str, list[tuple[int, str, float, str | None]]]


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Deliver messages in reverse and again, and events of old, while owners change their minds."""
    await world.start_api()
    tally = Tally()
    client = connect_redis(world.environment["REDIS_URL"])
    try:
        async with _listening(world) as told:
            while tally.tried < tries:
                kinds = [_KINDS[n % len(_KINDS)] for n in range(tally.tried, tries)][: len(_KINDS)]
                await _round(world, kinds, client, rng, tally)
        disorder = _disorder(told)
    finally:
        await client.aclose()
    if disorder:
        tally.right = 0
        tally.notes += disorder
    return tally.outcome()


async def _round(
    world: World, kinds: list[str], client: redis.Redis, rng: random.Random, tally: Tally
) -> None:
    for worker in world.workers:
        worker.kill()
    videos = [await world.upload(world.clips.slow) for _ in kinds]
    of_kind = dict(zip(kinds, videos, strict=True))
    await world.until(partial(_waiting, world, len(videos)), what="the messages are there")
    bodies = [encode((await world.task(video_id)).id) for video_id in videos]
    await world.purge_queue()
    if video_id := of_kind.get(_DELETED_WAITING):
        await world.ask("DELETE", f"/v1/videos/{video_id}")
    await _deliver(world, [*reversed(bodies), *bodies])
    await world.start_workers(2, "paced", WORKER_CONCURRENCY="2")
    working = [of_kind[kind] for kind in (_DELETED_WORKING, _RETRIED) if kind in of_kind]
    await world.until_encoding(*working)
    if video_id := of_kind.get(_DELETED_WORKING):
        await world.ask("DELETE", f"/v1/videos/{video_id}")
    answers: list[int] = []
    if video_id := of_kind.get(_RETRIED):
        for action in ("cancel", "retry"):
            path = world.url(f"/v1/videos/{video_id}/{action}")
            answers.append((await world.http.post(path)).status_code)
    rng.shuffle(bodies)
    await _deliver(world, bodies)
    await _tell_old_news(world, client, videos)
    await world.ends(*videos)
    versions = [(await world.video(video_id)).version for video_id in videos]
    await _deliver(world, bodies)
    await _tell_old_news(world, client, videos)
    settled = await world.holds(partial(_waiting, world, 0), world.timing.visibility_s + 15)
    for kind, video_id, version in zip(kinds, videos, versions, strict=True):
        faults = await world.faults(video_id, {_EXPECTED.get(kind, "deleted")})
        if (await world.video(video_id)).version != version:
            faults.append(f"{video_id}: changed after its end")
        if kind == _RETRIED and answers != [202, 202]:
            faults.append(f"{video_id}: cancel and retry were answered {answers}")
        if not settled:
            faults.append("messages that say nothing new stay in the queue")
        tally.add([f"the owner {kind}: {fault}" for fault in faults])


async def _deliver(world: World, bodies: Sequence[str]) -> None:
    for body in bodies:
        await world.send(body)


async def _waiting(world: World, count: int) -> bool:
    return sum(await world.messages()) == count


async def _tell_old_news(world: World, client: redis.Redis, videos: list[uuid.UUID]) -> None:
    """Publish events of versions long past."""
    for video_id in videos:
        row = await world.video(video_id)
        for version in (row.version - 1, 1):
            await announce(client, [VideoEvent(row.user_id, video_id, version)])


@asynccontextmanager
async def _listening(world: World) -> AsyncIterator[Told]:
    """Follow all videos of the user as the page does."""
    told: Told = {}
    token = world.http.headers["authorization"].removeprefix("Bearer ")

    async def listen() -> None:
        async with stream(world.apis[-1].address, "/v1/events", token) as opened:
            while block := await opened.block(seconds=3600):
                fields = dict(line.split(": ", 1) for line in block if ": " in line)
                if "data" not in fields:  # a comment that keeps the connection alive
                    continue
                data = json.loads(fields["data"])
                far = (data.get("progress", 0.0), data.get("stage"))
                told.setdefault(data["id"], []).append((int(fields["id"]), fields["event"], *far))

    listener = asyncio.create_task(listen())
    try:
        yield told
        assert not listener.done(), "the stream ended too soon"
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener


def _disorder(told: Told) -> list[str]:
    """Return what a listener was told in the wrong order. Pure."""
    return [
        f"{video_id}: {before} was told before {after}"
        for video_id, all_told in told.items()
        for before, after in pairwise(all_told)
        if after[0] < before[0]
        or before[1] == "deleted"
        or (after[0] == before[0] and (after[2:] == before[2:] or after[2] < before[2]))
    ]


SCENARIO = Scenario(
    "I11",
    "order does not matter",
    full_count=50,
    small_count=4,
    least_count=4,  # a round has one of each kind
    run=run,
    protections=(
        # Either is enough: the guard of the claim, that of the beginning, and of a video's state.
        Protection(
            "claims",
            "nothing that is over is begun again",
            ("claim_guard", "begin_guard", "any_transition"),
        ),
        Protection(
            "writes", "nobody writes who does not hold the task", ("fence", "any_transition"), 2
        ),
    ),
)
