"""I1: an acknowledged upload is never lost, wherever the API or control dies that had it."""

import asyncio
import random
import time
import uuid

import httpx

from tests.faults.mutations.deaths import OF_API, POINTS
from tests.faults.processes import Process
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 6
# Before S3 has completed it, only the client can tell that an upload is complete.
_NEEDS_CLIENT = POINTS[0]

Try = tuple[str, uuid.UUID, float]  # the point, the video, and when the process died


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Complete uploads at APIs that die on the way, each at its point, while another one lives.

    A client whose call was cut off repeats it at the other API, or is never heard of again. Where
    it is control that dies, it is the only one, and another one is started.
    """
    await world.start_control("short_mark")
    steady = await world.start_api()
    await world.start_worker()
    known = world.focus or POINTS
    tally = Tally()
    judged: set[uuid.UUID] = set()
    while tally.tried < tries:
        first = tally.tried
        points = [known[number % len(known)] for number in range(first, tries)][:_SIDE_BY_SIDE]
        numbered = list(enumerate(points, start=first))
        tries_made = await _at_apis(
            world, steady, [each for each in numbered if each[1] in OF_API], known, rng
        )
        # What the others left behind is sent by now: a control that dies over it has its own.
        await _rest(world, tries_made)
        for point in points:
            if point not in OF_API:
                tries_made.append(await _at_control(world, point, rng))
        await _rest(world, tries_made)
        for point, video_id, died in tries_made:
            told = "acknowledged" if video_id in world.acknowledged else "not acknowledged"
            faults = [f"{point}, {told}: {each}" for each in await world.faults(video_id)]
            tally.add(faults, await _recovery_s(world, video_id, died))
            judged.add(video_id)
    for video_id in world.acknowledged.keys() - judged:
        tally.add(await world.faults(video_id))
    return tally.outcome()


async def _rest(world: World, tries_made: list[Try]) -> None:
    videos = {*world.acknowledged, *(video_id for _, video_id, _ in tries_made)}
    await world.ends(*videos, seconds=world.timing.settle_s + 5)


async def _at_apis(
    world: World,
    steady: Process,
    points: list[tuple[int, str]],
    known: tuple[str, ...],
    rng: random.Random,
) -> list[Try]:
    """Complete an upload at an API for each point; the numbers are those of the tries."""
    dying = await asyncio.gather(*(world.start_api(point) for _, point in points))
    world.apis.remove(steady)
    world.apis.append(steady)  # the one that is asked
    tries_made = []
    for (number, point), api in zip(points, dying, strict=True):
        # Each point meets clients of both kinds, the one that must be repeated but one.
        turn = POINTS.index(point) + number // len(known)
        repeats = point == _NEEDS_CLIENT or turn % 2 == 0
        await asyncio.sleep(rng.uniform(0, 0.2))
        tries_made.append((point, *await _completed(world, point, api, repeats=repeats)))
    return tries_made


async def _completed(
    world: World, point: str, api: Process, *, repeats: bool
) -> tuple[uuid.UUID, float]:
    """Complete an upload at an API that dies over it; return the video and when that was."""
    upload = await world.begin(world.clips.quick)
    try:
        await world.complete(upload, api)
        answered = True
    except httpx.HTTPError:
        answered = False
    await _died(api, point)
    died = time.time()
    video_id = uuid.UUID(upload["video_id"])
    if repeats and not answered:
        # Refused is as good as lost here; it is judged by what becomes of the video.
        answer = await world.http.post(world.url(f"/v1/uploads/{upload['id']}/complete"))
        if answer.status_code == 202:
            world.acknowledged[video_id] = time.time()
    return video_id, died


async def _at_control(world: World, point: str, rng: random.Random) -> Try:
    """Complete an upload that a control dies over, which is the only one; start another one."""
    for each in world.controls:
        each.kill()
    dying = await world.start_control(point, "short_mark")
    await asyncio.sleep(rng.uniform(0, 0.2))
    video_id = await world.upload(world.clips.quick)
    await _died(dying, point)
    died = time.time()
    await world.start_control("short_mark")
    return point, video_id, died


async def _died(process: Process, point: str) -> None:
    status = await process.ended(10)
    assert status == -9, f"{process.kind} did not die at {point}: {status}"


async def _recovery_s(world: World, video_id: uuid.UUID, died: float) -> float | None:
    """Return how many seconds after the death a worker began; None if none did."""
    began = [change.at for change in await world.task_changes(video_id) if change.attempt]
    return max(0.0, began[0] - died) if began else None


SCENARIO = Scenario(
    "I1",
    "an acknowledged upload is never lost",
    full_count=50,
    small_count=6,
    least_count=2,
    run=run,
    protections=(
        Protection(
            "outbox", "a row that says what is still to be sent",
            ("no_outbox", "sends_itself", "only_told"), 1, ("die_after_commit",),
        ),
        Protection(
            "mark_lapses", "a dead sender's mark lapses",
            ("mark_lapses", "only_told"), 1, ("die_before_send",),
        ),
        Protection(
            "upload_sweep", "what S3 completed unheard is found",
            ("upload_sweep",), 1, ("die_after_s3_completed",),
        ),
        Protection(
            "resume_completion", "an upload that S3 completed is taken as it is",
            ("resume_completion",), 1, ("die_after_s3_completed",),
        ),
    ),
)  # fmt: skip
