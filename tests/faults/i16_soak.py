"""I16: a soak: whatever happens in whatever order, what was acknowledged ends as it should."""

import asyncio
import random

from sqlalchemy import text

from tests.faults import soak_plan
from tests.faults.person import Person
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.soak_fleet import Fleet
from tests.faults.soak_judge import Judge
from tests.faults.soak_plan import Plan
from tests.faults.soak_troubles import Troubles
from tests.faults.soak_uploads import Uploads
from tests.faults.world import World

# Failures here are ours and many, so they must use nobody's attempts up (that they do is I7's
# affair), and what waits after one should not wait for minutes.
# Whatever is charged: a job may be tried as often as there are faults.
_SETTINGS = {"MAX_ATTEMPTS": "1000", "MAX_JOB_S": "1e9", "RETRY_BASE_S": "0.02"}
_SMALL = {"S3_READ_TIMEOUT_S": "3", "TRANSFER_GRACE_S": "3", "UPLOAD_TTL_S": "10"}
_FULL = {"S3_READ_TIMEOUT_S": "5", "TRANSFER_GRACE_S": "5", "UPLOAD_TTL_S": "60"}
_SMALL_GRACE_S, _FULL_GRACE_S = 8.0, 120.0  # see mutations/soak.py, and core/videos/purges.py
_SMALL_HALT_S, _FULL_HALT_S = 4.0, 12.0  # more than a lease, and less than the grace


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Have users upload while everything fails that can; then let be, and look at what is left."""
    small = world.timing.lease_s < 5
    halt_s = _SMALL_HALT_S if small else _FULL_HALT_S
    kinds = world.focus or soak_plan.KINDS
    plan = soak_plan.make(rng, tries, longest_s=halt_s, kinds=kinds)
    try:
        return await _soak(world, plan, rng, small=small)
    except AssertionError as error:
        raise AssertionError(f"{error}\nthe plan was:\n{plan}") from error


async def _soak(world: World, plan: Plan, rng: random.Random, *, small: bool) -> Outcome:
    async with world.db.begin() as tx:
        # A commit must be written before it is told: else a crash of the server may lose it.
        await tx.execute(text("ALTER ROLE CURRENT_USER SET synchronous_commit = on"))
    with Proxy(world.stack.environment["AWS_ENDPOINT_URL"], seed=rng.randrange(2**32)) as proxy:
        world.extra |= {"AWS_ENDPOINT_URL": proxy.url} | _SETTINGS | (_SMALL if small else _FULL)
        fleet = Fleet(
            world, ("real_time", "short_mark", "short_grace") if small else ("real_time",)
        )
        await fleet.start()
        person = Person(world, fleet.addressed, random.Random(rng.random()))
        await person.enter()
        uploads = Uploads(world, person)
        troubles = Troubles(world, fleet, proxy, random.Random(rng.random()))
        await asyncio.gather(uploads.make(plan.wishes), troubles.make(plan.steps))
        judge = Judge(world, uploads, _SMALL_GRACE_S if small else _FULL_GRACE_S)
        settled_s = await judge.ended()
        tally = Tally()
        for faults in await judge.of_the_acknowledged():
            tally.add(faults, settled_s)
        whole: list[str] = []
        if settled_s is not None:  # else what is left over is no wonder
            for faults in await judge.of_the_abandoned():
                tally.add(faults)
            whole = [*fleet.faults, *await judge.of_all()]
    return _told(tally, whole, uploads.notes, plan)


def _told(tally: Tally, whole: list[str], met: list[str], plan: Plan) -> Outcome:
    """Put together what came out; what is wrong with the whole leaves nothing right. Pure."""
    if tally.tried != len(plan.wishes):
        whole = [*whole, f"{tally.tried} of {len(plan.wishes)} uploads were judged"]
    if whole:
        tally.right = 0
        tally.notes += whole
    if tally.right < tally.tried:
        tally.notes += [*met, f"the plan was:\n{plan}"]
    return tally.outcome()


SCENARIO = Scenario(
    "I16",
    "after a soak, the acknowledged are the ended",
    full_count=200,
    small_count=12,
    least_count=6,
    run=run,
    protections=(
        Protection(
            "sweeps",
            "nobody looks for tasks that were lost",
            ("lapse", "resend", "only_told"),
            12,  # of which some must be under way just when a worker is killed
            (soak_plan.KILL_WORKER, soak_plan.PURGE),
        ),
    ),
)
