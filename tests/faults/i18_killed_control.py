"""I18: control may die in the middle, and two may be there; films go on and nothing is doubled."""

import asyncio
import random
import time
import uuid
from functools import partial

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_SIDE_BY_SIDE = 4


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Upload films while controls are killed, are away, and are two.

    In each round the only control is killed at a moment of the uploads. What is uploaded while
    there is none is heard of by nobody, and must be found by the next one. Two of those are
    started then: they do the rest side by side.
    """
    await world.start_api()
    await world.start_workers(2)
    tally = Tally()
    while tally.tried < tries:
        count = min(tries - tally.tried, _SIDE_BY_SIDE)
        heard = [asyncio.create_task(world.upload(world.clips.quick)) for _ in range(count)]
        await asyncio.sleep(rng.uniform(0, 0.5))
        for each in world.controls:
            each.kill()
        unheard = await world.upload(world.clips.quick)
        videos = [unheard, *await asyncio.gather(*heard)]
        begun = time.time()
        await asyncio.gather(world.start_control(), world.start_control())
        both = [each for each in world.controls if each.alive]
        found = await world.holds(partial(_is_sent, world, unheard), world.timing.settle_s)
        sent_s = time.time() - begun
        await world.ends(*videos, seconds=world.timing.settle_s + 5)
        for video_id in videos:
            faults = await world.faults(video_id)
            faults += await _twice_at_once(world, video_id)
            if video_id == unheard and not found:
                faults.append(f"{video_id}: nobody found it in {sent_s:.1f} s")
            tally.add(faults, sent_s if video_id == unheard else None)
        both[rng.randrange(2)].kill()
    return tally.outcome()


async def _is_sent(world: World, video_id: uuid.UUID) -> bool:
    return await world.hinted(video_id) is not None


async def _twice_at_once(world: World, video_id: uuid.UUID) -> list[str]:
    """Return what is wrong with a video that was worked on more than once: nobody had died."""
    attempts = {change.attempt for change in await world.task_changes(video_id) if change.attempt}
    return [f"{video_id}: {len(attempts)} attempts"] if len(attempts) > 1 else []


SCENARIO = Scenario(
    "I18",
    "control may die, and be two",
    full_count=40,
    small_count=5,
    least_count=5,
    run=run,
    protections=(
        Protection("rounds", "control looks for what it has not heard of", ("only_heard",), 5),
    ),
)
