"""Tasks are claimed once, held by a fence, and end once."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from core.tasks.claims import Claim, Taken, Unclaimable
from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.errors import Failure, LeaseLost
from core.model.states import Stage
from core.model.tables import Task
from core.tasks import claims
from core.videos import lifecycle, removal
from tests.support.tables import everything, purged
from tests.support.work import (
    LEASE_S,
    MAX_ATTEMPTS,
    begin,
    claim,
    lapse,
    let_lapse,
    outputs,
    queue_video,
    rows,
    video_of,
)

FAILURE = Failure("corrupt_media", "The file is damaged.", retryable=False)
Write = Callable[[AsyncConnection, Claim], Awaitable[Any]]


async def heartbeat(tx: AsyncConnection, held: Claim) -> None:
    await claims.heartbeat(tx, held, LEASE_S, stage=Stage.ENCODING, progress=50.0, eta_s=None)


WRITES: dict[str, Write] = {
    "heartbeat": heartbeat,
    "describe": lambda tx, held: claims.describe_source(tx, held, {"width": 7}),
    "succeed": lambda tx, held: claims.succeed(tx, held, outputs(held, "720p")),
    "fail": lambda tx, held: claims.fail(tx, held, FAILURE, error="no"),
    "release": lambda tx, held: claims.release(tx, held, delay_s=0, charge=True),
}


async def try_claim(db: Database, task_id: uuid.UUID, **more: Any) -> Any:
    async with db.begin() as tx:
        return await claims.claim(
            tx, task_id, "worker", LEASE_S, more.get("max_attempts", MAX_ATTEMPTS)
        )


async def test_of_twenty_who_claim_at_once_one_gets_it(db: Database) -> None:
    queued = await queue_video(db)
    found = await asyncio.gather(*(try_claim(db, queued.task_id) for _ in range(20)))
    assert found.count(Unclaimable.BUSY) == 19
    [taken] = [each for each in found if isinstance(each, Taken)]
    task, job, video = await rows(db, queued)
    # Nothing but the task itself: so nothing else can refuse the claim.
    assert (task.state, job.state, video.state) == ("running", "queued", "queued")
    await begin(db, taken)
    task, job, video = await rows(db, queued)
    assert (task.state, task.attempt, task.charged) == ("running", 1, 1)
    assert (job.state, job.stage, video.state, video.stage) == (
        "running", "fetching", "processing", "fetching",
    )  # fmt: skip
    assert job.started_at is not None


async def test_a_claim_says_all_that_a_worker_needs(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    assert (held.task_id, held.job_id) == (queued.task_id, queued.job_id)
    assert (held.video_id, held.user_id) == (queued.video_id, queued.user_id)
    assert (held.operation, held.source_size, held.attempt) == ("transcode", 1000, 1)
    assert held.source_key == f"videos/{queued.video_id}/source.mp4"
    assert held.prefix == f"videos/{queued.video_id}/{queued.job_id}/1/"


async def test_no_failure_is_null_and_not_the_word(db: Database) -> None:
    queued = await queue_video(db)  # writes None
    async with db.read() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM videos WHERE failure IS NULL"))
    assert found == 1
    assert (await video_of(db, queued.video_id)).failure is None


async def test_an_unknown_task_has_ended(db: Database) -> None:
    assert await try_claim(db, uuid.uuid4()) is Unclaimable.ENDED


@pytest.mark.parametrize("name", WRITES)
async def test_who_lost_the_lease_changes_nothing(db: Database, name: str) -> None:
    queued = await queue_video(db)
    old = await claim(db, queued.task_id, "old")
    await let_lapse(db, queued.task_id)
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
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.succeed(tx, held, outputs(held, "720p"))
    before = await everything(db)
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await WRITES[name](tx, held)
    assert await everything(db) == before
    assert await try_claim(db, queued.task_id) is Unclaimable.ENDED


async def test_a_lease_is_not_taken_before_it_lapses(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    assert await try_claim(db, queued.task_id) is Unclaimable.BUSY
    await let_lapse(db, queued.task_id)
    async with db.begin() as tx:
        await heartbeat(tx, held)
    assert await try_claim(db, queued.task_id) is Unclaimable.BUSY
    assert await lapse(db) == []


async def test_progress_never_goes_back_within_a_job(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    seen = []
    for progress in (10.0, 40.0, 20.0):
        async with db.begin() as tx:
            await claims.heartbeat(
                tx, held, LEASE_S, stage=Stage.ENCODING, progress=progress, eta_s=5.0
            )
        _, job, video = await rows(db, queued)
        seen.append((job.progress, video.progress, video.stage, video.eta_s))
    assert seen == [
        (10.0, 10.0, "encoding", 5.0), (40.0, 40.0, "encoding", 5.0), (40.0, 40.0, "encoding", 5.0),
    ]  # fmt: skip


async def test_a_silent_worker_loses_its_task_to_the_queue(db: Database) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id)
    await let_lapse(db, queued.task_id)
    [event] = await lapse(db)
    task, job, video = await rows(db, queued)
    assert (task.state, task.dispatched_at, task.lease_until) == ("queued", None, None)
    assert (job.state, video.state, video.version) == ("queued", "queued", event.version)
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
    assert await try_claim(db, queued.task_id) is Unclaimable.ENDED
    assert await purged(db) == [
        f"videos/{queued.video_id}/{queued.job_id}/{attempt}/" for attempt in (1, 2, 3)
    ]


async def test_what_waits_beyond_a_lowered_limit_fails_too(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.release(tx, held, delay_s=0, charge=True)
    assert await try_claim(db, queued.task_id, max_attempts=1) is Unclaimable.BUSY
    assert len(await lapse(db, max_attempts=1)) == 1
    _, _, video = await rows(db, queued)
    assert video.state == "failed"


@pytest.mark.parametrize(("charge", "charged"), [(True, 1), (False, 0)])
async def test_a_task_given_back_is_charged_or_not(
    db: Database, charge: bool, charged: int
) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.release(tx, held, delay_s=0, charge=charge, error="why")
    task, job, video = await rows(db, queued)
    assert (task.charged, task.attempt, task.last_error) == (charged, 1, "why")
    assert (task.state, job.state, video.state) == ("queued", "queued", "queued")
    again = await claim(db, queued.task_id)
    assert (again.attempt, again.charged) == (2, charged + 1)  # the fence rises all the same


async def test_a_delayed_task_is_not_claimed_early(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.release(tx, held, delay_s=60, charge=True)
    assert await try_claim(db, queued.task_id) is Unclaimable.BUSY
    async with db.begin() as tx:
        await tx.execute(update(Task).values(available_at=func.now()))
    await claim(db, queued.task_id)


async def test_the_version_rises_with_every_change(db: Database) -> None:
    queued = await queue_video(db)
    seen = [(await video_of(db, queued.video_id)).version]
    held = await claim(db, queued.task_id)
    seen.append((await video_of(db, queued.video_id)).version)
    for write in (
        heartbeat,
        lambda tx, held: claims.describe_source(tx, held, {}),
        lambda tx, held: lifecycle.touch(tx, held.video_id, title="x"),
        lambda tx, held: claims.succeed(tx, held, outputs(held, "720p")),
    ):
        async with db.begin() as tx:
            await write(tx, held)
        seen.append((await video_of(db, queued.video_id)).version)
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
        assert await lifecycle.touch(tx, queued.video_id, title="x") is None
    assert await everything(db) == before
