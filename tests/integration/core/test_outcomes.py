"""How work ends: cancelled, published, failed; and how it is asked for again."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from core.adapters.postgres import Database
from core.errors import Conflict, Failure, LeaseLost, NotFound
from core.jobs import cancel, create
from core.model.failure_codes import FailureCode
from core.model.notes import WarningCode, as_json, note
from core.model.states import Stage, VideoState
from core.model.tables import Asset, Job, Video
from core.tasks import lease, settle
from core.tasks.claim import Unclaimable, Work
from core.tasks.settle import Ending
from tests.support.tables import everything, purged
from tests.support.work import (
    LEASE_S,
    Queued,
    attempt_of,
    claim,
    claim_next_of_all,
    claim_of,
    encoding,
    job_of,
    lapse,
    let_lapse,
    locked,
    new_video,
    outputs,
    planned,
    queue_video,
    rows,
    succeed,
)

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)


@pytest.mark.parametrize("running", [False, True])
async def test_cancelling_ends_everything(db: Database, running: bool) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id) if running else None
    async with db.begin() as tx:
        await cancel.cancel(tx, queued.video_id)
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("cancelled",) * 3
    assert job.finished_at is not None
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    if held is not None:
        with pytest.raises(LeaseLost):
            async with db.begin() as tx:
                await lease.heartbeat(
                    tx, held, LEASE_S, stage=Stage.ENCODING, progress=50.0, eta_s=None
                )
        assert await purged(db) == [held.prefix]
        assert (await attempt_of(db, queued.task_id)).outcome == "cancelled"
    with pytest.raises(Conflict):
        async with db.begin() as tx:
            await cancel.cancel(tx, queued.video_id)


async def test_a_worker_and_its_owner_do_not_deadlock(db: Database) -> None:
    """Twenty videos are finished and cancelled at the same moment; each ends one way."""
    queued = [await queue_video(db) for _ in range(20)]
    held_all = [await encoding(db, item) for item in queued]

    async def stop(item: Queued) -> None:
        async with db.begin() as tx:
            await cancel.cancel(tx, item.video_id)

    results = await asyncio.gather(
        *(succeed(db, held, "720p") for held in held_all),
        *(stop(item) for item in queued),
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
    held = await encoding(db, queued)
    made = outputs(held, "720p", "480p")
    async with db.begin() as tx:
        await settle.succeed(tx, held, made, Ending(100.0, held.log_key, 1.5))
        async with db.autocommit() as other:  # nobody sees any of it before the commit
            assert await other.scalar(select(func.count()).select_from(Asset)) == 0
            assert await other.scalar(select(Video.state)) == "processing"
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("succeeded", "succeeded", "ready")
    assert (task.progress, video.poster_key) == (100, f"{held.prefix}poster.jpg")
    assert (job.log_key, job.cpu_seconds) == (held.log_key, 1.5)
    assert video.playable_at is not None
    async with db.autocommit() as connection:
        found = await connection.execute(
            select(Asset.kind, Asset.name, Asset.state, Asset.is_main).order_by(Asset.name)
        )
        assert found.all() == [
            ("file", "480p", "published", True),
            ("file", "720p", "published", True),
            ("poster", "poster", "published", True),
        ]


async def test_what_is_known_better_at_the_end_is_written_in_the_place_of_the_plan(
    db: Database,
) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    better: dict[str, Any] = {"plan": {"of": "all"}, "source_media": {"duration": 3}}
    async with db.begin() as tx:
        await settle.succeed(tx, held, outputs(held, "720p"), **better)
    _, job, video = await rows(db, queued)
    assert {"plan": job.plan, "source_media": video.source_media} == better


async def test_what_is_told_of_a_job_is_written_when_it_succeeds(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    assert (await job_of(db, queued.video_id)).notes is None
    notes = as_json(warnings=[note(WarningCode.TRUNCATED, of="file", made=58, wanted=60)])
    await succeed(db, held, "720p", notes=notes)
    assert (await job_of(db, queued.video_id)).notes == {
        "done": [],
        "warnings": [
            {
                "code": "truncated",
                "message": "The file ends early: 58.0 of 60.0 s could be read.",
            }
        ],
    }


async def test_a_success_that_cannot_be_written_whole_is_not_written(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    before = await everything(db)
    with pytest.raises(Exception, match="uq_assets_main"):
        await succeed(db, held, "720p", "720p")
    assert await everything(db) == before


async def once_more(db: Database, queued: Queued) -> Work:
    """Ask for another transcode of a video, and have it begin to encode."""
    async with db.begin() as tx:
        await create.create(tx, await locked(tx, queued.video_id), "transcode")
    return await planned(db, await claim_of(db, queued.video_id))


async def test_a_second_job_replaces_what_the_first_published(db: Database) -> None:
    queued = await queue_video(db)
    first = await encoding(db, queued)
    await succeed(db, first, "720p", "480p")
    second = await once_more(db, queued)
    await succeed(db, second, "720p")
    async with db.autocommit() as connection:
        keys = (await connection.execute(select(Asset.s3_key).order_by(Asset.s3_key))).scalars()
        assert keys.all() == [f"{second.prefix}720p.mp4", f"{second.prefix}poster.jpg"]
    assert await purged(db) == [
        f"{first.prefix}{name}" for name in ("480p.mp4", "720p.mp4", "poster.jpg")
    ]
    _, _, video = await rows(db, queued)
    assert (video.job_id, video.poster_key) == (second.job_id, f"{second.prefix}poster.jpg")


async def test_what_lost_attempts_left_behind_is_removed(db: Database) -> None:
    queued = await queue_video(db)
    first = await encoding(db, queued)
    await let_lapse(db, first.task_id)
    await lapse(db)
    second = await claim(db, first.task_id)
    await succeed(db, second, "720p")
    assert await purged(db) == [first.prefix]
    assert first.prefix == f"videos/{queued.video_id}/{queued.job_id}/encode-1/"


async def test_a_failure_is_told(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    async with db.begin() as tx:
        await settle.fail(tx, held, FAILURE, Ending(error="stderr", log_key="a-log"))
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("failed",) * 3
    assert job.failure == video.failure
    assert video.failure == {
        "code": "corrupt_media", "message": "The file is damaged.", "retryable": False,
    }  # fmt: skip
    noted = await attempt_of(db, held.task_id)
    assert (noted.outcome, noted.error, noted.log_key) == ("failed", "stderr", "a-log")
    assert job.log_key == "a-log"
    assert await purged(db) == [held.prefix]


@pytest.mark.parametrize("way", ["fails", "is cancelled", "lapses"])
async def test_what_is_made_anew_plays_all_the_while_and_is_ready_again_when_that_fails(
    db: Database, way: str
) -> None:
    queued = await queue_video(db)
    first = await encoding(db, queued)
    await succeed(db, first, "720p")
    _, _, ready = await rows(db, queued)
    held = await once_more(db, queued)
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("running", "running", "processing")
    assert (video.poster_key, video.playable_at) == (ready.poster_key, ready.playable_at)
    async with db.begin() as tx:
        if way == "fails":
            await settle.fail(tx, held, FAILURE)
        elif way == "is cancelled":
            await cancel.cancel(tx, queued.video_id)
    if way == "lapses":
        await let_lapse(db, held.task_id)
        assert await lapse(db, max_attempts=1) == 1
    task, job, video = await rows(db, queued)
    ended = "cancelled" if way == "is cancelled" else "failed"
    assert (task.state, job.state, video.state) == (ended, ended, "ready")
    assert (video.failure, video.job_id, video.poster_key, video.playable_at) == (
        None, first.job_id, ready.poster_key, ready.playable_at,
    )  # fmt: skip
    assert await purged(db) == [held.prefix]
    async with db.autocommit() as connection:
        keys = (await connection.execute(select(Asset.s3_key).order_by(Asset.s3_key))).scalars()
        assert keys.all() == [f"{first.prefix}720p.mp4", f"{first.prefix}poster.jpg"]
    third = await once_more(db, queued)  # and it can be asked for again
    await succeed(db, third, "480p")
    _, _, video = await rows(db, queued)
    assert (video.state, video.job_id) == ("ready", third.job_id)


@pytest.mark.parametrize(
    "state", [VideoState.UPLOADING, VideoState.QUEUED, VideoState.PROCESSING, VideoState.DELETED]
)
async def test_no_job_begins_on_a_video_that_does_not_rest(db: Database, state: str) -> None:
    video = await new_video(db, state=state)
    with pytest.raises(NotFound if state == VideoState.DELETED else Conflict):
        async with db.begin() as tx:
            await create.create(tx, await create.resting(tx, video.video_id), "transcode")
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Job)) == 0


async def test_of_two_who_ask_at_once_one_job_is_made(db: Database) -> None:
    video = await new_video(db, state=VideoState.FAILED)

    async def ask() -> None:
        async with db.begin() as tx:
            await create.create(tx, await create.resting(tx, video.video_id), "transcode")

    results = await asyncio.gather(*(ask() for _ in range(5)), return_exceptions=True)
    assert sorted(type(item).__name__ for item in results) == ["Conflict"] * 4 + ["NoneType"]
