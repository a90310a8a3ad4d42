"""What must be true is refused by the database itself, whatever the code does."""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, insert, update
from sqlalchemy.exc import IntegrityError

from core.adapters.postgres import Database
from core.model.tables import Job, Task, Video
from core.tasks import claims
from tests.support.work import LEASE_S, MAX_ATTEMPTS, claim, new_video, queue_video


async def refused(db: Database, statement: Any, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        async with db.begin() as tx:
            await tx.execute(statement)


@pytest.mark.parametrize("running", [False, True])
async def test_a_video_with_live_work_is_not_deleted(db: Database, running: bool) -> None:
    queued = await queue_video(db)
    if running:
        await claim(db, queued.task_id)
    deletion = update(Video).where(Video.id == queued.video_id).values(state="deleted")
    await refused(db, deletion, "fk_tasks_live_video")


async def test_no_work_is_queued_for_a_deleted_video(db: Database) -> None:
    video, job_id = await new_video(db, state="deleted"), uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(
            insert(Job).values(
                id=job_id, video_id=video.video_id, user_id=video.user_id, operation="transcode",
                state="cancelled",
            )
        )  # fmt: skip
    task = {"id": uuid.uuid4(), "job_id": job_id, "video_id": video.video_id}
    await refused(db, insert(Task).values(**task, state="queued"), "fk_tasks_live_video")
    async with db.begin() as tx:
        await tx.execute(insert(Task).values(**task, state="cancelled"))
    await refused(db, update(Task).values(state="queued"), "fk_tasks_live_video")


async def test_a_video_is_not_transcoded_twice_at_once(db: Database) -> None:
    queued = await queue_video(db)
    second = insert(Job).values(
        id=uuid.uuid4(), video_id=queued.video_id, user_id=queued.user_id, operation="transcode",
        state="queued",
    )  # fmt: skip
    await refused(db, second, "uq_jobs_live_transcode")


@pytest.mark.parametrize(
    "values",
    [
        {"state": "running"},
        {"state": "queued", "lease_until": func.now()},
        {"state": "cancelled", "lease_until": func.now()},
    ],
)
async def test_a_lease_is_there_exactly_while_a_task_runs(
    db: Database, values: dict[str, Any]
) -> None:
    await queue_video(db)
    await refused(db, update(Task).values(**values), "ck_tasks_lease_while_running")


@pytest.mark.parametrize("state", ["ready", "failed", "uploading"])
async def test_what_turns_out_to_be_impossible_is_settled(db: Database, state: str) -> None:
    """The row of a task says that it waits, and its video has left the queue behind its back."""
    queued = await queue_video(db)
    async with db.begin() as tx:
        taken = await claims.claim(tx, queued.task_id, "worker", LEASE_S, MAX_ATTEMPTS)
        assert isinstance(taken, claims.Taken)
        await tx.execute(update(Video).values(state=state))
    async with db.begin() as tx:
        held, _ = await claims.begin(tx, taken)
    assert held is None
    async with db.read() as connection:
        states = [
            await connection.scalar(Task.__table__.select().with_only_columns(Task.state)),
            await connection.scalar(Job.__table__.select().with_only_columns(Job.state)),
            await connection.scalar(Video.__table__.select().with_only_columns(Video.state)),
        ]
    assert states == ["cancelled", "cancelled", state]


async def test_a_task_whose_job_is_over_fails_its_video(db: Database) -> None:
    queued = await queue_video(db)
    async with db.begin() as tx:
        await tx.execute(update(Job).values(state="cancelled"))
        taken = await claims.claim(tx, queued.task_id, "worker", LEASE_S, MAX_ATTEMPTS)
        assert isinstance(taken, claims.Taken)
        held, event = await claims.begin(tx, taken)
    assert held is None
    assert event is not None
    async with db.read() as connection:
        state = await connection.scalar(Video.__table__.select().with_only_columns(Video.state))
    assert state == "failed"
