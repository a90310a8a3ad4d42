"""How work ends: cancelled, published, failed; and how it is asked for again."""

import asyncio

import pytest
from core.tasks.claims import Claim, Unclaimable
from sqlalchemy import func, select

from core import jobs
from core.adapters.postgres import Database
from core.errors import Conflict, Failure, LeaseLost, NotFound
from core.model.states import Stage, VideoState
from core.model.tables import Job, Rendition, Video
from core.tasks import claims
from tests.support.tables import everything, purged
from tests.support.work import (
    LEASE_S,
    MAX_ATTEMPTS,
    Queued,
    claim,
    let_lapse,
    new_video,
    outputs,
    queue_video,
    rows,
    task_of,
)

FAILURE = Failure("corrupt_media", "The file is damaged.", retryable=False)


@pytest.mark.parametrize("running", [False, True])
async def test_cancelling_ends_everything(db: Database, running: bool) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id) if running else None
    async with db.begin() as tx:
        await jobs.cancel(tx, queued.video_id)
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("cancelled",) * 3
    assert job.finished_at is not None
    async with db.begin() as tx:
        again = await claims.claim(tx, queued.task_id, "worker", LEASE_S, MAX_ATTEMPTS)
    assert again is Unclaimable.ENDED
    if held is not None:
        with pytest.raises(LeaseLost):
            async with db.begin() as tx:
                await claims.heartbeat(
                    tx, held, LEASE_S, stage=Stage.ENCODING, progress=50.0, eta_s=None
                )
        assert await purged(db) == [held.prefix]
    with pytest.raises(Conflict):
        async with db.begin() as tx:
            await jobs.cancel(tx, queued.video_id)


async def test_a_worker_and_its_owner_do_not_deadlock(db: Database) -> None:
    """Twenty videos are finished and cancelled at the same moment; each ends one way."""
    queued = [await queue_video(db) for _ in range(20)]
    held_all = [await claim(db, item.task_id) for item in queued]

    async def finish(held: Claim) -> None:
        async with db.begin() as tx:
            await claims.succeed(tx, held, outputs(held, "720p"))

    async def cancel(item: Queued) -> None:
        async with db.begin() as tx:
            await jobs.cancel(tx, item.video_id)

    results = await asyncio.gather(
        *(finish(held) for held in held_all),
        *(cancel(item) for item in queued),
        return_exceptions=True,
    )
    assert {type(item) for item in results} <= {type(None), LeaseLost, Conflict}
    for item in queued:
        task, job, video = await rows(db, item)
        assert (task.state, job.state, video.state) in {
            ("succeeded", "succeeded", "ready"), ("cancelled",) * 3,
        }  # fmt: skip


async def test_success_is_published_all_at_once(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    made = outputs(held, "720p", "480p")
    async with db.begin() as tx:
        await claims.succeed(tx, held, made)
        async with db.read() as other:  # nobody sees any of it before the commit
            assert await other.scalar(select(func.count()).select_from(Rendition)) == 0
            assert await other.scalar(select(Video.state)) == "processing"
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("succeeded", "succeeded", "ready")
    assert (job.progress, video.progress, video.poster_key) == (100, 100, made.poster_key)
    assert job.log_key == made.log_key
    async with db.read() as connection:
        names = await connection.execute(select(Rendition.name).order_by(Rendition.name))
        assert names.scalars().all() == ["480p", "720p"]


async def test_a_success_that_cannot_be_written_whole_is_not_written(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    before = await everything(db)
    with pytest.raises(Exception, match="uq_renditions_video_id_name"):
        async with db.begin() as tx:
            await claims.succeed(tx, held, outputs(held, "720p", "720p"))
    assert await everything(db) == before


async def test_a_second_job_replaces_what_the_first_published(db: Database) -> None:
    queued = await queue_video(db)
    first = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.succeed(tx, first, outputs(first, "720p", "480p"))
    async with db.begin() as tx:
        await jobs.create(tx, queued.video_id, "transcode")
    second = await claim(db, (await task_of(db, queued.video_id)).id)
    async with db.begin() as tx:
        await claims.succeed(tx, second, outputs(second, "720p"))
    async with db.read() as connection:
        keys = (await connection.execute(select(Rendition.s3_key))).scalars().all()
    assert keys == [f"{second.prefix}720p.mp4"]
    assert await purged(db) == [
        f"{first.prefix}{name}" for name in ("480p.mp4", "720p.mp4", "poster.jpg")
    ]


async def test_what_lost_attempts_left_behind_is_removed(db: Database) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id)
    await let_lapse(db, queued.task_id)
    second = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.succeed(tx, second, outputs(second, "720p"))
    assert await purged(db) == [f"videos/{queued.video_id}/{queued.job_id}/1/"]


async def test_a_failure_is_told_and_leaves_the_old_renditions(db: Database) -> None:
    queued = await queue_video(db)
    first = await claim(db, queued.task_id)
    async with db.begin() as tx:
        await claims.succeed(tx, first, outputs(first, "720p"))
    async with db.begin() as tx:
        await jobs.create(tx, queued.video_id, "transcode")
    second = await claim(db, (await task_of(db, queued.video_id)).id)
    async with db.begin() as tx:
        await claims.fail(tx, second, FAILURE, error="stderr", log_key="a-log")
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("failed",) * 3
    assert job.failure == video.failure
    assert video.failure == {
        "code": "corrupt_media", "message": "The file is damaged.", "retryable": False,
    }  # fmt: skip
    assert (task.last_error, job.log_key) == ("stderr", "a-log")
    assert await purged(db) == [second.prefix]
    async with db.read() as connection:
        assert await connection.scalar(select(Rendition.name)) == "720p"


@pytest.mark.parametrize(
    "state", [VideoState.UPLOADING, VideoState.QUEUED, VideoState.PROCESSING, VideoState.DELETED]
)
async def test_no_job_begins_on_a_video_that_does_not_rest(db: Database, state: str) -> None:
    video = await new_video(db, state=state)
    with pytest.raises(NotFound if state == VideoState.DELETED else Conflict):
        async with db.begin() as tx:
            await jobs.create(tx, video.video_id, "transcode")
    async with db.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Job)) == 0


async def test_of_two_who_ask_at_once_one_job_is_made(db: Database) -> None:
    video = await new_video(db, state=VideoState.FAILED)

    async def ask() -> None:
        async with db.begin() as tx:
            await jobs.create(tx, video.video_id, "transcode")

    results = await asyncio.gather(*(ask() for _ in range(5)), return_exceptions=True)
    assert sorted(type(item).__name__ for item in results) == ["Conflict"] * 4 + ["NoneType"]
