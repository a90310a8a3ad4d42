"""The tasks of a job as a graph: what waits for what, and how job and video follow."""

import asyncio
import uuid

import pytest
from sqlalchemy import func, insert, select, update

from core.adapters.postgres import Database
from core.errors import Failure, LeaseLost
from core.jobs import cancel
from core.model.failure_codes import FailureCode
from core.model.states import Effect, Topic
from core.model.tables import Asset, Job, Task, TaskAttempt
from core.tasks import settle
from core.tasks.claim import Claim, Unclaimable, Work
from core.tasks.planning import NewTask
from tests.support.tables import everything, purged, unsent
from tests.support.work import (
    MAX_ATTEMPTS,
    Queued,
    begun,
    claim,
    claim_next_of_all,
    graph_of,
    lapse,
    let_lapse,
    new_video,
    planned,
    queue_video,
    rows,
    succeed,
    video_of,
)

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)
# Two that need nothing, one that needs both, and one that needs that.
DIAMOND = (
    NewTask("encode", "video"),
    NewTask("encode", "audio", spec={"track": 1}),
    NewTask("encode", "assemble", needs=("video", "audio")),
    NewTask("encode", "quality", needs=("assemble",)),
)


async def in_work(db: Database) -> tuple[Queued, Work]:
    """A job with that graph; its first task is held."""
    queued = await queue_video(db)
    return queued, await planned(db, await claim(db, queued.task_id), DIAMOND)


async def states(db: Database, queued: Queued) -> dict[str, str]:
    return {key: task.state for key, task in (await graph_of(db, queued.job_id)).items()}


async def claim_key(db: Database, queued: Queued, key: str) -> Work:
    return await claim(db, (await graph_of(db, queued.job_id))[key].id)


async def test_what_needs_others_is_blocked_until_all_of_them_succeeded(db: Database) -> None:
    queued, video = await in_work(db)
    graph = await graph_of(db, queued.job_id)
    assert {key: (task.state, task.blocked_by) for key, task in graph.items()} == {
        "inspect": ("succeeded", 0), "video": ("running", 0), "audio": ("queued", 0),
        "assemble": ("blocked", 2), "quality": ("blocked", 1),
    }  # fmt: skip
    audio = await claim_next_of_all(db)
    assert isinstance(audio, Claim)
    assert (audio.key, graph["audio"].spec) == ("audio", {"track": 1})
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    await succeed(db, video)
    task = (await graph_of(db, queued.job_id))["assemble"]
    assert (task.state, task.blocked_by) == ("blocked", 1)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    await succeed(db, await begun(db, audio))
    assert (await states(db, queued))["assemble"] == "queued"
    assert await unsent(db, Topic.TASK) == [
        queued.task_id, graph["audio"].id, graph["assemble"].id,
    ]  # fmt: skip
    await succeed(db, await claim_key(db, queued, "assemble"), "720p")
    assert (await video_of(db, queued.video_id)).state != "ready"  # until all is done
    await succeed(db, await claim_key(db, queued, "quality"))
    _, job, video_row = await rows(db, queued)
    assert (job.state, video_row.state) == ("succeeded", "ready")


async def test_the_last_two_that_end_at_once_let_go_what_waited_for_both(db: Database) -> None:
    for _ in range(10):
        queued, video = await in_work(db)
        audio = await claim_key(db, queued, "audio")
        await asyncio.gather(succeed(db, video), succeed(db, audio))
        task = (await graph_of(db, queued.job_id))["assemble"]
        assert (task.state, task.blocked_by) == ("queued", 0)
        assert (await unsent(db, Topic.TASK)).count(task.id) == 1


@pytest.mark.parametrize("way", ["fails", "lapses for the last time", "is cancelled"])
async def test_one_that_fails_ends_the_others(db: Database, way: str) -> None:
    queued, video = await in_work(db)
    audio = await claim_key(db, queued, "audio")
    async with db.begin() as tx:
        if way == "fails":
            await settle.fail(tx, video, FAILURE)
        elif way == "is cancelled":
            await cancel.cancel(tx, queued.video_id)
    if way == "lapses for the last time":
        async with db.begin() as tx:
            await tx.execute(
                update(Task).where(Task.id == video.task_id).values(charged=MAX_ATTEMPTS)
            )
        await let_lapse(db, video.task_id)
        assert await lapse(db) == 1
    end = "cancelled" if way == "is cancelled" else "failed"
    assert await states(db, queued) == {
        "inspect": "succeeded", "video": end, "audio": "cancelled", "assemble": "cancelled",
        "quality": "cancelled",
    }  # fmt: skip
    _, job, film = await rows(db, queued)
    assert (job.state, film.state) == (end, end)
    async with db.autocommit() as connection:
        open_attempts = select(func.count()).where(TaskAttempt.outcome.is_(None))
        assert await connection.scalar(open_attempts) == 0
    assert await purged(db) == sorted([video.prefix, audio.prefix])
    with pytest.raises(LeaseLost):  # who holds another learns it
        await succeed(db, audio)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING


async def test_what_a_job_had_made_before_it_failed_is_removed(db: Database) -> None:
    """It was not shown yet: nobody but the job knew of it."""
    queued, video = await in_work(db)
    await succeed(db, video, "720p")
    audio = await claim_key(db, queued, "audio")
    async with db.begin() as tx:
        await settle.fail(tx, audio, FAILURE)
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Asset)) == 0
    assert {f"{video.prefix}720p.mp4", f"{video.prefix}poster.jpg"} <= set(await purged(db))


async def test_outputs_are_shown_with_those_of_the_whole_job(db: Database) -> None:
    queued, video = await in_work(db)
    await succeed(db, video, "720p")
    audio = await claim_key(db, queued, "audio")
    async with db.autocommit() as connection:
        assert set((await connection.scalars(select(Asset.state))).all()) == {"staged"}
    assert (await video_of(db, queued.video_id)).poster_key is None
    async with db.begin() as tx:
        await settle.succeed(tx, audio, ())
    for key in ("assemble", "quality"):
        held = await claim_key(db, queued, key)
        async with db.begin() as tx:
            await settle.succeed(tx, held, ())
    async with db.autocommit() as connection:
        assert set((await connection.scalars(select(Asset.state))).all()) == {"published"}
    film = await video_of(db, queued.video_id)
    assert (film.state, film.poster_key) == ("ready", f"{video.prefix}poster.jpg")


async def test_a_job_that_waits_between_two_tasks_waits_in_the_queue(db: Database) -> None:
    queued, video = await in_work(db)
    await succeed(db, video)
    _, job, film = await rows(db, queued)
    assert (job.state, film.state) == ("queued", "queued")
    await claim_key(db, queued, "audio")
    _, job, film = await rows(db, queued)
    assert (job.state, film.state) == ("running", "processing")


async def test_a_plan_that_cannot_be_written_whole_is_not_written(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    before = await everything(db)
    with pytest.raises(Exception, match="uq_job_tasks_job_id_key"):
        await planned(db, held, (NewTask("encode", "a"), NewTask("encode", "inspect")))
    assert await everything(db) == before


async def added_job(db: Database, video: Queued) -> Queued:
    """A job that adds files beside the main outputs, as no operation asks for yet."""
    job_id, task_id = uuid.uuid4(), uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(
            insert(Job).values(
                id=job_id, video_id=video.video_id, user_id=video.user_id, operation="transcode",
                effect=Effect.ADD, state="queued",
            )
        )  # fmt: skip
        await tx.execute(
            insert(Task).values(
                id=task_id, job_id=job_id, video_id=video.video_id, user_id=video.user_id,
                kind="inspect", key="inspect", priority=0, turn=0, state="queued",
            )
        )  # fmt: skip
    return Queued(video.user_id, video.video_id, job_id, task_id)


@pytest.mark.parametrize("succeeds", [True, False])
async def test_a_job_that_adds_says_nothing_of_its_video(db: Database, succeeds: bool) -> None:
    film = await new_video(db, state="failed")
    added = await added_job(db, film)
    held = await planned(db, await claim(db, added.task_id))
    if succeeds:
        await succeed(db, held, "720p")
    else:
        async with db.begin() as tx:
            await settle.fail(tx, held, FAILURE)
    _, job, video = await rows(db, added)
    assert job.state == ("succeeded" if succeeds else "failed")
    assert (video.state, video.failure, video.job_id, video.playable_at) == (
        "failed", None, None, None,
    )  # fmt: skip


async def test_what_one_adds_stays_when_the_main_outputs_are_made_anew(db: Database) -> None:
    queued = await queue_video(db)
    added = await added_job(db, queued)
    extra = await planned(db, await claim(db, added.task_id))
    await succeed(db, extra, "480p")
    main = await planned(db, await claim(db, queued.task_id))
    await succeed(db, main, "480p")
    async with db.autocommit() as connection:
        found = await connection.execute(
            select(Asset.s3_key).where(Asset.kind == "file").order_by(Asset.is_main)
        )
        assert found.scalars().all() == [f"{extra.prefix}480p.mp4", f"{main.prefix}480p.mp4"]
