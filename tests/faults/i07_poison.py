"""I7: poison ends visibly, and the good job behind it is ready meanwhile."""

import random
import uuid

from embedded.ffmpeg import find_tools
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.standin_ffmpeg import StandIn, poisoned
from tests.faults.world import World

_ATTEMPTS = 3
_STALL_S = 2.0
_STOP_S = 2.0  # SIGTERM is borne with for a moment
_BUSY_S = 15.0  # beyond what is waited for on purpose: three starts on a busy machine
# What FFmpeg does with the film, and how that is told to its owner.
_CODES = {
    "stubborn": "processing_timeout",
    "crash": "processing_gave_up",
    "odd": "processing_gave_up",
    "silent": "processing_timeout",
    "greedy": "resource_limit",
    "repeating": "processing_timeout",
}


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Upload films that FFmpeg cannot bear, each with a good one behind."""
    stand_in = StandIn(world.directory, str(find_tools().ffmpeg))
    await world.start_api()
    worker = await world.start_worker(
        FFMPEG_PATH=str(stand_in.path), SANDBOX="off", STALL_TIMEOUT_S=str(_STALL_S)
    )
    tally = Tally()
    while tally.tried < tries:
        behaviour = list(_CODES)[tally.tried % len(_CODES)]
        bad = world.directory / f"bad-{behaviour}.mp4"
        poisoned(world.clips.quick, bad, behaviour)
        bad_id = await world.upload(bad)
        good_id = await world.upload(world.clips.quick)
        if not await world.ends(good_id, seconds=_STALL_S + _STOP_S + _BUSY_S):
            tally.add([f"{behaviour}: the good job behind it was not ready in time"])
            break  # the worker is held for good
        await _ended_or_tried_too_often(world, bad_id)
        faults = await world.faults(good_id) + await _wrong_end(world, bad_id, behaviour)
        assert worker.alive, "the worker has ended"
        if world.left_behind():
            faults.append(f"{behaviour}: a process was left behind")
        tally.add(faults)
    return tally.outcome()


async def _ended_or_tried_too_often(world: World, video_id: uuid.UUID) -> None:
    async def over() -> bool:
        task = await world.task(video_id)
        return bool(task.state == "failed" or task.charged > _ATTEMPTS)

    pauses_s = world.timing.retry_base_s * (1 + 4)
    await world.holds(over, _ATTEMPTS * (_STALL_S + _STOP_S) + pauses_s + _BUSY_S)


async def _wrong_end(world: World, video_id: uuid.UUID, behaviour: str) -> list[str]:
    video, task = await world.video(video_id), await world.task(video_id)
    found = await world.faults(video_id, {"failed"})
    if task.charged != _ATTEMPTS:
        found.append(f"{behaviour}: charged {task.charged} attempts, not {_ATTEMPTS}")
    failure = video.failure or {}
    if (failure.get("code"), failure.get("retryable")) != (_CODES[behaviour], True):
        found.append(f"{behaviour}: told as {failure}")
    return found


SCENARIO = Scenario(
    "I7",
    "poison ends visibly, and the good job behind it is ready meanwhile",
    full_count=20,
    small_count=2,
    run=run,
    protections=(
        Protection("attempt_limit", "a job is tried for ever", ("attempt_limit",), 1),
        Protection("stall_watch", "nobody sees that FFmpeg makes no progress", ("stall_watch",), 1),
    ),
)
