"""While a release is rolled out the one before goes on: either finishes what the other has begun.

What that one does is done here by its statements; see migration 0006.
"""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from control.leases import adopt_all
from core.adapters.postgres import Database
from core.errors import LeaseLost
from core.jobs import cancel, create
from core.model.states import Topic
from core.model.tables import (
    Asset,
    Job,
    OldTask,
    Task,
    TaskAttempt,
    Video,
)
from core.videos import removal
from tests.machine.truth import RULES, broken
from tests.support.release_before import OldArtifact, OldRendition
from tests.support.tables import unsent
from tests.support.waiting import wait_until
from tests.support.work import (
    MAX_ATTEMPTS,
    Queued,
    attempt_of,
    claim_of,
    encoding,
    lapse,
    locked,
    new_video,
    planned,
    queue_video,
    rows,
    succeed,
)

A_MINUTE = timedelta(minutes=1)


async def queued_before(db: Database, state: str = "queued", **values: Any) -> Queued:
    """A video that the release before has queued, or has in work."""
    film = await new_video(db)
    old_id, job_id = uuid.uuid4(), uuid.uuid4()
    running = state == "running"
    async with db.begin() as tx:
        await tx.execute(
            insert(Job).values(
                id=job_id, video_id=film.video_id, user_id=film.user_id, operation="transcode",
                state=state,
            )
        )  # fmt: skip
        await tx.execute(
            update(Video)
            .where(Video.id == film.video_id)
            .values(state="processing" if running else "queued", job_id=job_id)
        )
        await tx.execute(
            insert(OldTask).values(
                id=old_id, job_id=job_id, video_id=film.video_id, user_id=film.user_id, state=state,
                priority=2, turn=5, **values,
            )
        )  # fmt: skip
    return Queued(film.user_id, film.video_id, job_id, old_id)


async def old_states(db: Database) -> Sequence[str]:
    async with db.autocommit() as connection:
        return (await connection.scalars(select(OldTask.state))).all()


async def test_what_it_has_queued_is_taken_over(db: Database) -> None:
    film = await queued_before(db, charged=1, attempt=1)
    assert await adopt_all(db) == 1
    assert await adopt_all(db) == 0
    assert await old_states(db) == []
    task, job, video = await rows(db, film)
    assert (task.kind, task.state, task.charged) == ("inspect", "queued", 1)
    assert (task.job_id, task.user_id, task.priority, task.turn) == (
        film.job_id, film.user_id, 2, 5,
    )  # fmt: skip
    assert (job.state, video.state) == ("queued", "queued")
    assert await unsent(db, Topic.TASK) == [task.id]
    await succeed(db, await planned(db, await claim_of(db, film.video_id)), "720p")
    assert (await rows(db, film))[2].state == "ready"
    assert await broken(db) == []


@pytest.mark.parametrize(
    ("state", "values"),
    [
        ("queued", {"available_at": func.now() + A_MINUTE}),
        ("running", {"lease_until": func.now() + A_MINUTE}),
    ],
)
async def test_what_somebody_has_in_hand_is_left_to_them(
    db: Database, state: str, values: dict[str, Any]
) -> None:
    film = await queued_before(db, state, **values)
    assert await adopt_all(db) == 0
    assert await old_states(db) == [state]
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Task)) == 0
    assert (await rows_of_job(db, film)) == ("queued" if state == "queued" else "running")


async def rows_of_job(db: Database, film: Queued) -> str:
    async with db.autocommit() as connection:
        return str(await connection.scalar(select(Job.state).where(Job.id == film.job_id)))


async def test_what_one_of_its_workers_lost_is_taken_over_and_that_worker_holds_nothing(
    db: Database,
) -> None:
    film = await queued_before(
        db, "running", lease_until=func.now() - A_MINUTE, attempt=2, charged=2
    )
    assert await adopt_all(db) == 1
    task, job, video = await rows(db, film)
    assert (task.state, task.charged, job.state, video.state) == ("queued", 2, "queued", "queued")
    async with db.begin() as tx:
        late = await tx.execute(
            update(OldTask)
            .where(OldTask.id == film.task_id, OldTask.attempt == 2)
            .values(lease_until=func.now() + A_MINUTE)
        )
    assert late.rowcount == 0
    assert await broken(db, RULES) == []  # of attempts there, workers were told there


async def test_what_its_attempts_left_behind_is_removed(db: Database) -> None:
    film = await queued_before(
        db, "running", lease_until=func.now() - A_MINUTE, attempt=2, charged=2
    )
    await adopt_all(db)
    prefix = f"videos/{film.video_id}/{film.job_id}/"
    async with db.autocommit() as connection:
        found = await connection.scalars(text("SELECT prefix FROM purges ORDER BY prefix"))
        assert found.all() == [f"{prefix}1/", f"{prefix}2/"]


async def test_its_attempts_are_counted_on(db: Database) -> None:
    """So nobody writes where one of them has, whichever release goes on."""
    film = await queued_before(db, attempt=2)
    await adopt_all(db)
    assert (await claim_of(db, film.video_id)).attempt == 3


async def test_what_it_queues_stands_behind_what_waits(db: Database) -> None:
    """It counts turns by its own table, which is kept empty: each would be the first."""
    waiting = await queue_video(db)
    async with db.begin() as tx:
        await tx.execute(update(Task).values(turn=7))
    film = await queued_before(db)
    async with db.begin() as tx:
        await tx.execute(update(OldTask).values(turn=0, priority=0))
    await adopt_all(db)
    task, job, _ = await rows(db, film)
    assert (task.turn, job.turn) == (7, 7)
    assert (await rows(db, waiting))[0].turn == 7


async def test_it_shows_what_this_one_has_made_as_done(db: Database) -> None:
    queued = await queue_video(db)
    await succeed(db, await encoding(db, queued), "720p")
    _, job, video = await rows(db, queued)
    assert (job.progress, video.progress) == (100, 100)


async def test_what_it_cancels_leaves_nothing_behind(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    async with db.begin() as tx:
        await tx.execute(update(Video).values(state="cancelled"))
    async with db.autocommit() as connection:
        found = await connection.scalars(text("SELECT prefix FROM purges"))
        assert held.prefix in found.all()
        open_ones = text("SELECT count(*) FROM task_attempts WHERE outcome IS NULL")
        assert await connection.scalar(open_ones) == 0


async def test_what_was_tried_too_often_before_is_given_up(db: Database) -> None:
    film = await queued_before(
        db, "running", lease_until=func.now() - A_MINUTE, attempt=3, charged=MAX_ATTEMPTS
    )
    await adopt_all(db)
    assert await lapse(db) == 1
    task, job, video = await rows(db, film)
    assert (task.state, job.state, video.state) == ("failed",) * 3
    assert video.failure["code"] == "processing_gave_up"


async def test_what_it_has_ended_is_only_cleared_away(db: Database) -> None:
    film = await queued_before(db)
    async with db.begin() as tx:
        await tx.execute(update(Job).values(state="cancelled"))
    assert await adopt_all(db) == 0
    assert await old_states(db) == []
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Task)) == 0
    assert await rows_of_job(db, film) == "cancelled"


@pytest.mark.parametrize("running", [False, True])
async def test_its_work_is_cancelled_and_deleted_by_this_one(db: Database, running: bool) -> None:
    lease = {"lease_until": func.now() + A_MINUTE} if running else {}
    state = "running" if running else "queued"
    cancelled = await queued_before(db, state, **lease)
    deleted = await queued_before(db, state, **lease)
    async with db.begin() as tx:
        assert await cancel.cancel(tx, cancelled.video_id) == [cancelled.job_id]
        assert await removal.delete_video(tx, deleted.video_id) == [deleted.job_id]
    assert await old_states(db) == ["cancelled", "cancelled"]
    assert await rows_of_job(db, cancelled) == "cancelled"
    async with db.autocommit() as connection:
        states = await connection.scalars(select(Video.state).order_by(Video.state))
        assert states.all() == ["cancelled", "deleted"]


@pytest.mark.parametrize("state", ["cancelled", "deleted"])
async def test_what_it_cancels_or_deletes_takes_the_work_of_this_one_with_it(
    db: Database, state: str
) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    async with db.begin() as tx:
        await tx.execute(update(Video).values(state=state))
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == ("cancelled", "cancelled", state)
    with pytest.raises(LeaseLost):
        await succeed(db, held, "720p")


async def test_what_it_cancels_does_not_deadlock_with_a_worker_that_gives_its_task_back(
    db: Database,
) -> None:
    held = await encoding(db, await queue_video(db))

    async def cancelled() -> None:
        async with db.begin() as tx:
            await tx.execute(update(Video).values(state="cancelled"))

    async def waits() -> bool:
        async with db.autocommit() as connection:
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool(await connection.scalar(waiting))

    async with db.begin() as tx:  # the task first, and its attempt after it
        await tx.execute(select(Task.id).where(Task.id == held.task_id).with_for_update())
        cancelling = asyncio.create_task(cancelled())
        await wait_until(waits)
        await tx.execute(update(TaskAttempt).values(error="it was given back"))
    await cancelling
    noted = await attempt_of(db, held.task_id)
    assert (noted.outcome, noted.error) == ("cancelled", "it was given back")


async def outputs_seen(db: Database) -> list[tuple[str, ...]]:
    """What the release before shows of all videos."""
    async with db.autocommit() as connection:
        renditions = await connection.execute(
            select(OldRendition.name, OldRendition.s3_key).order_by(OldRendition.name)
        )
        artifacts = await connection.execute(select(OldArtifact.kind, OldArtifact.s3_key))
        return [tuple(row) for row in (*renditions.all(), *artifacts.all())]


async def test_what_this_one_makes_is_seen_by_it(db: Database) -> None:
    queued = await queue_video(db)
    held = await encoding(db, queued)
    await succeed(db, held, "720p", "480p")
    assert await outputs_seen(db) == [
        ("480p", f"{held.prefix}480p.mp4"),
        ("720p", f"{held.prefix}720p.mp4"),
        ("poster", f"{held.prefix}poster.jpg"),
    ]
    async with db.begin() as tx:
        await removal.delete_video(tx, queued.video_id)
    assert await outputs_seen(db) == []


async def test_what_it_makes_is_seen_by_this_one(db: Database) -> None:
    film = await queued_before(db)
    common = {"video_id": film.video_id, "job_id": film.job_id}
    rendition = {
        **common, "name": "720p", "s3_key": "k/720p.mp4", "width": 1, "height": 720, "size": 1,
        "duration": 2.0, "bitrate": 3, "video_codec": "h264",
    }  # fmt: skip
    async with db.begin() as tx:
        await tx.execute(insert(OldRendition).values(id=uuid.uuid4(), **rendition))
        await tx.execute(
            insert(OldArtifact).values(
                id=uuid.uuid4(), **common, kind="poster", s3_key="k/poster.jpg", size=1
            )
        )
    async with db.autocommit() as connection:
        found = await connection.execute(
            select(Asset.kind, Asset.name, Asset.state, Asset.is_main, Asset.s3_key).order_by(
                Asset.kind
            )
        )
        assert found.all() == [
            ("file", "720p", "published", True, "k/720p.mp4"),
            ("poster", "poster", "published", True, "k/poster.jpg"),
        ]
        assert await connection.scalar(select(Video.playable_at)) is not None
    # Its next success takes the place of that.
    async with db.begin() as tx:
        await tx.execute(delete(OldRendition))
        await tx.execute(delete(OldArtifact))
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Asset)) == 0


async def test_this_one_takes_the_place_of_what_it_made(db: Database) -> None:
    film = await queued_before(db)
    async with db.begin() as tx:
        await tx.execute(
            insert(OldRendition).values(
                id=uuid.uuid4(), video_id=film.video_id, job_id=film.job_id, name="720p",
                s3_key="k/720p.mp4", width=1, height=720, size=1, duration=2.0, bitrate=3,
                video_codec="h264",
            )
        )  # fmt: skip
        await tx.execute(delete(OldTask))
        await tx.execute(update(Job).values(state="succeeded"))
        await tx.execute(update(Video).values(state="ready"))
        await create.create(tx, await locked(tx, film.video_id), "transcode")
    held = await planned(db, await claim_of(db, film.video_id))
    await succeed(db, held, "720p")
    assert await outputs_seen(db) == [
        ("720p", f"{held.prefix}720p.mp4"), ("poster", f"{held.prefix}poster.jpg"),
    ]  # fmt: skip
    assert await broken(db) == []
