"""Tasks are claimed once, held by a fence, and end once."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.errors import Failure, LeaseLost
from core.jobs import create
from core.model.failure_codes import FailureCode
from core.model.states import Outcome, Stage, Topic
from core.model.tables import Task
from core.tasks import lease, planning, settle
from core.tasks.claim import Claim, Unclaimable, Work, claim_next, claimed_with
from core.tasks.planning import Inspection, NewTask
from core.tasks.settle import Ending
from core.videos import lifecycle, removal
from tests.support.tables import everything, purged, unsent
from tests.support.work import (
    LEASE_S,
    MAX_ATTEMPTS,
    SKILLS,
    attempt_of,
    begun,
    claim,
    claim_next_of_all,
    encoding,
    graph_of,
    lapse,
    let_lapse,
    locked,
    new_video,
    outputs,
    planned,
    queue_video,
    rows,
    succeed,
    task_of,
    video_of,
)

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)
PLAN = Inspection(plan={}, tasks=(NewTask("encode", "encode"),), source_media={"width": 7})
Write = Callable[[AsyncConnection, Work], Awaitable[Any]]


async def heartbeat(tx: AsyncConnection, held: Claim) -> None:
    await lease.heartbeat(tx, held, LEASE_S, stage=Stage.ENCODING, progress=50.0, eta_s=None)


WRITES: dict[str, Write] = {
    "heartbeat": heartbeat,
    "plan": lambda tx, held: planning.plan(tx, held, PLAN, LEASE_S, "worker", uuid.uuid4()),
    "succeed": lambda tx, held: settle.succeed(tx, held, outputs(held, "720p")),
    "fail": lambda tx, held: settle.fail(tx, held, FAILURE, Ending(error="no")),
    "give back": lambda tx, held: settle.give_back(tx, held, delay_s=0, charge=True),
    "give back unbegun": lambda tx, held: lease.give_back_unbegun(tx, held, "no", charge=True),
}


async def test_of_twenty_who_claim_at_once_one_gets_it(db: Database) -> None:
    queued = await queue_video(db)
    found = await asyncio.gather(*(claim_next_of_all(db) for _ in range(20)))
    [taken] = [each for each in found if isinstance(each, Claim)]
    task, job, video = await rows(db, queued)
    # Nothing but the task itself: so nothing else can refuse the claim.
    assert (task.state, job.state, video.state) == ("running", "queued", "queued")
    await begun(db, taken)
    task, job, video = await rows(db, queued)
    assert (task.state, task.attempt, task.charged) == ("running", 1, 1)
    assert (job.state, video.state) == ("running", "processing")
    assert job.started_at is not None


async def test_a_claim_says_all_that_a_worker_needs(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    assert (held.task_id, held.job_id) == (queued.task_id, queued.job_id)
    assert (held.video_id, held.user_id) == (queued.video_id, queued.user_id)
    assert (held.operation, held.params) == ("transcode", {})
    assert (held.source_size, held.attempt) == (1000, 1)
    assert (held.kind, held.key, held.plan, held.spec) == ("inspect", "inspect", None, {})
    assert held.source_key == f"videos/{queued.video_id}/source.mp4"
    assert held.prefix == f"videos/{queued.video_id}/{queued.job_id}/inspect-1/"
    assert not held.log_key.startswith(held.prefix)  # it is kept when the outputs are not


async def test_a_worker_gets_the_parameters_of_a_job(db: Database) -> None:
    video = await new_video(db)
    params = {"width": 320, "loops": [True, None]}
    async with db.begin() as tx:
        await create.create(tx, await locked(tx, video.video_id), "transcode", params)
    held = await claim(db, (await task_of(db, video.video_id)).id)
    assert held.params == params


async def test_no_failure_is_null_and_not_the_word(db: Database) -> None:
    queued = await queue_video(db)  # writes None
    async with db.autocommit() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM videos WHERE failure IS NULL"))
    assert found == 1
    assert (await video_of(db, queued.video_id)).failure is None


async def test_with_nothing_to_do_nothing_is_claimed(db: Database) -> None:
    assert await claim_next_of_all(db) is Unclaimable.NOTHING


async def test_each_claim_is_noted_and_so_is_its_end(db: Database) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id, "first")
    noted = await attempt_of(db, queued.task_id)
    assert (noted.attempt, noted.worker, noted.outcome, noted.ended_at) == (1, "first", None, None)
    await let_lapse(db, queued.task_id)
    await lapse(db)
    noted = await attempt_of(db, queued.task_id)
    assert (noted.attempt, noted.outcome, noted.error) == (1, "lapsed", "the lease lapsed")
    held = await claim(db, queued.task_id, "second")
    encode = await planned(db, held)
    noted = await attempt_of(db, queued.task_id)
    assert (noted.attempt, noted.worker, noted.outcome) == (2, "second", "succeeded")
    await succeed(db, encode, "720p")
    noted = await attempt_of(db, encode.task_id)
    assert (noted.outcome, noted.log_key, noted.cpu_seconds) == ("succeeded", encode.log_key, 1.5)
    assert noted.ended_at is not None


async def test_a_claim_whose_answer_was_lost_is_found_again(db: Database) -> None:
    queued = await queue_video(db)
    nonce = uuid.uuid4()
    async with db.autocommit() as connection:
        assert await claimed_with(connection, nonce) is None
        taken = await claim_next(db, "worker", nonce, LEASE_S, SKILLS)
        assert isinstance(taken, Claim)
        assert await claimed_with(connection, nonce) == taken
        assert await claimed_with(connection, uuid.uuid4()) is None
    await let_lapse(db, queued.task_id)
    await lapse(db)
    async with db.autocommit() as connection:
        assert await claimed_with(connection, nonce) is None  # it is not ours any more
    assert (await claim(db, queued.task_id)).attempt == 2


async def test_the_plan_of_a_job_is_carried_out_by_who_made_it(db: Database) -> None:
    queued = await queue_video(db)
    inspecting = await claim(db, queued.task_id)
    encode = await planned(db, inspecting)
    assert (encode.kind, encode.attempt, encode.charged) == ("encode", 1, 1)
    assert encode.plan == {"of": "a test"}
    graph = await graph_of(db, queued.job_id)
    assert {key: task.state for key, task in graph.items()} == {
        "inspect": "succeeded", "encode": "running",
    }  # fmt: skip
    assert (graph["encode"].priority, graph["encode"].turn) == (
        graph["inspect"].priority, graph["inspect"].turn,
    )  # fmt: skip
    video = await video_of(db, queued.video_id)
    assert (video.state, video.source_media) == ("processing", {"duration": 2.0})
    assert await claim_next_of_all(db) is Unclaimable.NOTHING  # nobody else gets it


@pytest.mark.parametrize("name", WRITES)
async def test_who_lost_the_lease_changes_nothing(db: Database, name: str) -> None:
    queued = await queue_video(db)
    old = await claim(db, queued.task_id, "old")
    await let_lapse(db, queued.task_id)
    await lapse(db)
    new = await claim(db, queued.task_id, "new")
    assert (new.attempt, new.charged) == (2, 2)
    before = await everything(db)
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await WRITES[name](tx, old)
    assert await everything(db) == before
    async with db.begin() as tx:  # and the one who holds it is not hindered
        await WRITES[name](tx, new)
    assert await everything(db) != before


@pytest.mark.parametrize("name", WRITES)
async def test_what_ended_is_not_written_to(db: Database, name: str) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    await succeed(db, held, "720p")
    before = await everything(db)
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await WRITES[name](tx, held)
    assert await everything(db) == before
    assert await claim_next_of_all(db) is Unclaimable.NOTHING


async def test_a_lease_is_not_taken_before_it_lapses(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    await let_lapse(db, queued.task_id)
    async with db.begin() as tx:
        await heartbeat(tx, held)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    assert await lapse(db) == 0


async def test_progress_never_goes_back_within_a_job(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    seen = []
    for progress in (10.0, 40.0, 20.0):
        async with db.begin() as tx:
            await lease.heartbeat(
                tx, held, LEASE_S, stage=Stage.ENCODING, progress=progress, eta_s=5.0
            )
        task = await task_of(db, queued.video_id)
        seen.append((task.progress, task.stage, task.eta_s))
    assert seen == [(10.0, "encoding", 5.0), (40.0, "encoding", 5.0), (40.0, "encoding", 5.0)]


async def test_a_silent_worker_loses_its_task_to_the_queue(db: Database) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id)
    await let_lapse(db, queued.task_id)
    assert await lapse(db) == 1
    task, job, video = await rows(db, queued)
    assert (task.state, task.lease_until, task.worker) == ("queued", None, None)
    assert (job.state, video.state) == ("queued", "queued")
    assert await unsent(db, Topic.TASK) == [queued.task_id] * 2  # as it came, and as it is back
    assert (await claim(db, queued.task_id)).attempt == 2


async def test_a_task_that_kills_its_workers_fails_in_the_end(db: Database) -> None:
    queued = await queue_video(db)
    for _ in range(MAX_ATTEMPTS):
        await claim(db, queued.task_id)
        await let_lapse(db, queued.task_id)
        await lapse(db)
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("failed", "failed", "failed")
    assert video.failure["code"] == job.failure["code"] == "processing_gave_up"
    assert video.failure["retryable"] is True
    assert job.finished_at is not None
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    assert await purged(db) == [
        f"videos/{queued.video_id}/{queued.job_id}/inspect-{attempt}/" for attempt in (1, 2, 3)
    ]


async def test_what_waits_beyond_a_lowered_limit_fails_too(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=0, charge=True)
    assert (
        await claim_next_of_all(db, skills=replace(SKILLS, max_attempts=1)) is Unclaimable.NOTHING
    )
    assert await lapse(db, max_attempts=1) == 1
    _, _, video = await rows(db, queued)
    assert video.state == "failed"


@pytest.mark.parametrize(("charge", "charged"), [(True, 1), (False, 0)])
async def test_a_task_given_back_is_charged_or_not(
    db: Database, charge: bool, charged: int
) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await settle.give_back(
            tx, held, delay_s=0, charge=charge, outcome=Outcome.RELEASED, ending=Ending(error="why")
        )
    task, job, video = await rows(db, queued)
    assert (task.charged, task.attempt) == (charged, 1)
    noted = await attempt_of(db, queued.task_id)
    assert (noted.outcome, noted.error) == ("released", "why")
    assert (task.state, job.state, video.state) == ("queued", "queued", "queued")
    again = await claim(db, queued.task_id)
    assert (again.attempt, again.charged) == (2, charged + 1)  # the fence rises all the same


async def test_a_delayed_task_is_not_claimed_early(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=60, charge=True)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    async with db.begin() as tx:
        await tx.execute(update(Task).values(available_at=func.now()))
    await claim(db, queued.task_id)


async def test_one_that_could_not_begin_waits_and_is_ended_at_last(db: Database) -> None:
    queued = await queue_video(db)
    for number in range(MAX_ATTEMPTS):
        taken = await claim_next_of_all(db)
        assert isinstance(taken, Claim)
        async with db.begin() as tx:
            await lease.give_back_unbegun(tx, taken, "another row is locked", charge=True)
        noted = await attempt_of(db, queued.task_id)
        assert (noted.attempt, noted.outcome, noted.error) == (
            number + 1, "retried", "another row is locked",
        )  # fmt: skip
        assert await claim_next_of_all(db) is Unclaimable.NOTHING
        async with db.begin() as tx:
            await tx.execute(update(Task).values(available_at=func.now()))
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    assert await lapse(db) == 1
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("failed",) * 3


async def test_the_version_rises_with_every_change_but_those_of_progress(db: Database) -> None:
    queued = await queue_video(db)

    async def version() -> int:
        return int((await video_of(db, queued.video_id)).version)

    seen = [await version()]
    inspecting = await claim(db, queued.task_id)
    seen.append(await version())
    async with db.begin() as tx:
        await heartbeat(tx, inspecting)
    assert await version() == seen[-1]
    encode = await planned(db, inspecting)
    seen.append(await version())
    async with db.begin() as tx:
        await lifecycle.touch(tx, queued.video_id, title="x")
    seen.append(await version())
    await succeed(db, encode, "720p")
    seen.append(await version())
    assert seen == sorted(set(seen))


async def test_a_deleted_video_is_written_to_by_nobody(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await removal.delete_video(tx, queued.video_id)
    before = await everything(db)
    for write in WRITES.values():
        with pytest.raises(LeaseLost):
            async with db.begin() as tx:
                await write(tx, held)
    async with db.begin() as tx:
        assert not await lifecycle.touch(tx, queued.video_id, title="x")
    assert await everything(db) == before
