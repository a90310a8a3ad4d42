"""What must be true is refused by the database itself, whatever the code does."""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, insert, text, update
from sqlalchemy.exc import IntegrityError

from core.adapters.postgres import Database
from core.model.tables import Asset, Job, Task, TaskNeed, Video
from core.tasks.claim import Claim, begin
from tests.support.work import (
    claim,
    claim_next_of_all,
    encoding,
    new_video,
    queue_video,
    rows,
    succeed,
)


async def refused(db: Database, statement: Any, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        async with db.begin() as tx:
            await tx.execute(statement)


@pytest.mark.parametrize("running", [False, True])
async def test_a_video_with_live_work_is_not_deleted(db: Database, running: bool) -> None:
    queued = await queue_video(db)
    if running:
        await claim(db, queued.task_id)
    async with db.begin() as tx:
        # As it will be once the release before is gone: see test_rollout.
        await tx.execute(text("ALTER TABLE videos DISABLE TRIGGER rollout_end_of_video"))
        with pytest.raises(IntegrityError, match="fk_job_tasks_live_video"):
            await tx.execute(update(Video).values(state="deleted"))
        await tx.rollback()
    assert (await rows(db, queued))[2].state != "deleted"


async def test_no_work_is_queued_for_a_deleted_video(db: Database) -> None:
    video, job_id = await new_video(db, state="deleted"), uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(
            insert(Job).values(
                id=job_id, video_id=video.video_id, user_id=video.user_id, operation="transcode",
                state="cancelled",
            )
        )  # fmt: skip
    task = {
        "id": uuid.uuid4(), "job_id": job_id, "video_id": video.video_id, "user_id": video.user_id,
        "kind": "inspect", "key": "inspect", "priority": 0, "turn": 0,
    }  # fmt: skip
    await refused(db, insert(Task).values(**task, state="queued"), "fk_job_tasks_live_video")
    async with db.begin() as tx:
        await tx.execute(insert(Task).values(**task, state="cancelled"))
    await refused(db, update(Task).values(state="queued"), "fk_job_tasks_live_video")


async def test_a_video_is_not_transcoded_twice_at_once(db: Database) -> None:
    queued = await queue_video(db)
    second = insert(Job).values(
        id=uuid.uuid4(), video_id=queued.video_id, user_id=queued.user_id, operation="transcode",
        state="queued",
    )  # fmt: skip
    await refused(db, second, "uq_jobs_live_replace")


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
    await refused(db, update(Task).values(**values), "ck_job_tasks_lease_while_running")


@pytest.mark.parametrize(
    "values",
    [
        {"state": "blocked"},
        {"blocked_by": 1},
        {"state": "running", "lease_until": func.now(), "blocked_by": 1},
    ],
)
async def test_what_waits_for_others_is_blocked_and_nothing_else_is(
    db: Database, values: dict[str, Any]
) -> None:
    await queue_video(db)
    await refused(db, update(Task).values(**values), "ck_job_tasks_blocked_while_needed")


@pytest.mark.parametrize(
    "values",
    [
        {"range_start": 1},
        {"range_end": 1},
        {"range_start": 2, "range_end": 2},
        {"range_start": 3, "range_end": 2},
    ],
)
async def test_a_range_has_two_ends_and_something_between(
    db: Database, values: dict[str, Any]
) -> None:
    await queue_video(db)
    await refused(db, update(Task).values(**values), "ck_job_tasks_range_is_whole")
    async with db.begin() as tx:
        await tx.execute(update(Task).values(range_start=2, range_end=3))


async def test_a_key_is_one_task_of_its_job(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    twice = update(Task).where(Task.id == held.task_id).values(key="inspect")
    await refused(db, twice, "uq_job_tasks_job_id_key")


async def test_a_need_names_two_tasks_that_are_there(db: Database) -> None:
    queued = await queue_video(db)
    for task_id, needs_id, side in (
        (queued.task_id, uuid.uuid4(), "fk_task_needs_needs_id"),
        (uuid.uuid4(), queued.task_id, "fk_task_needs_task_id"),
    ):
        await refused(db, insert(TaskNeed).values(task_id=task_id, needs_id=needs_id), side)


async def test_one_published_asset_has_a_name_among_the_main_ones(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    await succeed(db, held, "720p")

    def another(**values: Any) -> Any:
        common = {
            "id": uuid.uuid4(), "video_id": queued.video_id, "job_id": queued.job_id,
            "is_main": True, "kind": "file", "name": "720p", "state": "published", "s3_key": "k",
            "size": 1,
        }  # fmt: skip
        return insert(Asset).values(**{**common, **values})

    await refused(db, another(), "uq_assets_main")
    async with db.begin() as tx:
        for allowed in ({"state": "staged"}, {"kind": "log"}, {"is_main": False}):
            await tx.execute(another(**allowed))
    await refused(db, another(is_main=False), "uq_assets_added")


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
async def test_what_turns_out_to_be_impossible_is_settled(db: Database, state: str) -> None:
    """The row of a task says that it waits, and its job has ended behind its back."""
    queued = await queue_video(db)
    taken = await claim_next_of_all(db)
    assert isinstance(taken, Claim)
    async with db.begin() as tx:
        await tx.execute(update(Job).values(state=state))
    async with db.begin() as tx:
        assert await begin(tx, taken) is None
    task, job, video = await rows(db, queued)
    # Its owner may ask again.
    assert (task.state, job.state, video.state) == ("cancelled",) * 3
