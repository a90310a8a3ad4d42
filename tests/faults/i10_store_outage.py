"""I10: an outage of S3 is survived."""

import asyncio
import random
import time
import uuid
from functools import partial

from tests.faults.misbehaviour import Answer, Fault, Hang, Rule, Slow
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

# The worker's patience with the store, scaled down: production has 30 s, 32 KiB/s and 15 s.
PATIENCE = {
    "S3_READ_TIMEOUT_S": "1",
    "TRANSFER_LEAST_RATE": str(64 * 1024),
    "TRANSFER_GRACE_S": "1",
}
_SMALL_OUTAGE_S, _FULL_OUTAGE_S = 3.0, 60.0
_SIDE_BY_SIDE = 5
_FETCHING, _SENDING = {"GetObject"}, {"PutObject", "UploadPart"}
_KINDS: list[tuple[Fault, set[str]]] = [
    (Hang(), _SENDING),
    (Answer(503, "SlowDown"), _FETCHING | _SENDING),
    (Slow(rate=10_000), _FETCHING),
    (Hang(), _FETCHING),
    (Slow(rate=10_000), _SENDING),
]


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Have the store fail in one way after the other, for a while, with films on their way."""
    small = world.timing.lease_s < 5
    outage_s = _SMALL_OUTAGE_S if small else _FULL_OUTAGE_S
    await world.start_api()
    tally = Tally()
    with Proxy(world.stack.environment["AWS_ENDPOINT_URL"]) as proxy:
        worker = await world.start_worker(AWS_ENDPOINT_URL_S3=proxy.url, **PATIENCE)
        kinds = iter(_KINDS * tries)
        while tally.tried < tries:
            fault, operations = next(kinds)
            # Full, several share an outage; small, each has one of its own.
            count = 1 if small else min(tries - tally.tried, _SIDE_BY_SIDE)
            began = time.time()
            rule = proxy.set(fault, operations=operations)
            videos = await asyncio.gather(*(world.upload(world.clips.slow) for _ in range(count)))
            await world.until(partial(_has_hit, rule), what="the store fails")
            await asyncio.sleep(max(0.0, outage_s - (time.time() - began)))
            proxy.clear()
            over = time.time()
            await world.ends(*videos, seconds=_bound_s(world))
            assert worker.alive, "the worker has ended"
            for video_id in videos:
                faults = [f"{fault}: {each}" for each in await world.faults(video_id)]
                tally.add(faults, await _late_s(world, video_id, over))
    return tally.outcome()


def _has_hit(rule: Rule) -> bool:
    return rule.hits > 0


def _bound_s(world: World) -> float:
    """How long after the outage everything must be ready: the last wait, and the work."""
    # Attempts that an outage ends are not charged, and wait four times as long each time.
    longest_wait_s = world.timing.retry_base_s * 4**3
    return world.timing.restart_s + longest_wait_s


async def _late_s(world: World, video_id: uuid.UUID, over: float) -> float | None:
    """Return how many seconds after the outage a film was ready; None if it is not."""
    ready = [change.at for change in await world.changes(video_id) if change.state == "ready"]
    return max(0.0, ready[0] - over) if ready else None


SCENARIO = Scenario(
    "I10",
    "an outage of S3 is survived",
    full_count=30,
    small_count=3,
    run=run,
    protections=(
        Protection(
            "read_timeout", "nobody loses patience with the store", ("no_store_patience",), 1
        ),
    ),
)
