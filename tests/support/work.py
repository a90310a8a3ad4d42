"""Videos with work to do, and the work done on them as a worker reports it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.tasks.claims import Claim, Outputs, RenditionRow
from sqlalchemy import Row, insert, select, update

from control.rounds import Round
from core import jobs
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.events import VideoEvent
from core.model.states import VideoState
from core.model.tables import Job, Task, User, Video
from core.setbacks import Kind
from core.tasks import claims
from tests.support.waiting import wait_until

LEASE_S = 60.0
MAX_ATTEMPTS = 3
MAX_JOB_S = 3600.0


@dataclass(frozen=True)
class Queued:
    """A video in the queue."""

    user_id: uuid.UUID
    video_id: uuid.UUID
    job_id: uuid.UUID
    task_id: uuid.UUID


async def new_video(db: Database, *, state: str = VideoState.UPLOADING, size: int = 1000) -> Queued:
    """Insert a user and a video without work; its job and task ids are void."""
    user_id, video_id = uuid.uuid4(), uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(
            insert(User).values(id=user_id, email=f"{user_id}@example.com", password_hash="-")
        )
        await tx.execute(
            insert(Video).values(
                id=video_id,
                user_id=user_id,
                title="A film",
                state=state,
                source_key=f"videos/{video_id}/source.mp4",
                source_filename="film.mp4",
                source_size=size,
            )
        )
    return Queued(user_id, video_id, uuid.UUID(int=0), uuid.UUID(int=0))


async def queue_video(db: Database) -> Queued:
    """Insert a user with a video that waits for its transcode."""
    video = await new_video(db)
    async with db.begin() as tx:
        job_id, _ = await jobs.create(
            tx, video.video_id, "transcode", only_from={VideoState.UPLOADING}
        )
    task = await task_of(db, video.video_id)
    return Queued(video.user_id, video.video_id, job_id, task.id)


async def task_of(db: Database, video_id: uuid.UUID) -> Row[Any]:
    """Return the newest task of a video."""
    return await _one(db, select(*Task.__table__.c).where(Task.video_id == video_id), Task.id)


async def job_of(db: Database, video_id: uuid.UUID) -> Row[Any]:
    """Return the newest job of a video."""
    return await _one(db, select(*Job.__table__.c).where(Job.video_id == video_id), Job.id)


async def video_of(db: Database, video_id: uuid.UUID) -> Row[Any]:
    """Return the row of a video, deleted or not."""
    return await _one(db, select(*Video.__table__.c).where(Video.id == video_id), Video.id)


async def rows(db: Database, queued: Queued) -> tuple[Any, Any, Any]:
    """Return the newest task and job of a video, and the video."""
    return (
        await task_of(db, queued.video_id),
        await job_of(db, queued.video_id),
        await video_of(db, queued.video_id),
    )


async def _one(db: Database, statement: Any, newest: Any) -> Row[Any]:
    async with db.read() as connection:
        found = await connection.execute(statement.order_by(newest.desc()).limit(1))
        row: Row[Any] = found.one()
        return row


async def claim(db: Database, task_id: uuid.UUID, worker: str = "worker") -> Claim:
    """Claim a task that must be free, but for a moment in which it is being sent."""
    found: list[claims.Taken] = []

    async def taken() -> bool:
        async with db.begin() as tx:
            each = await claims.claim(tx, task_id, worker, LEASE_S, MAX_ATTEMPTS)
        found.extend([each] if isinstance(each, claims.Taken) else [])
        return bool(found)

    await wait_until(taken)
    return await begin(db, found[0])


async def begin(db: Database, taken: claims.Taken) -> Claim:
    """Have a claimed task begin, which must be possible."""
    async with db.begin() as tx:
        held, _ = await claims.begin(tx, taken)
    assert held is not None
    return held


async def claim_of(db: Database, video_id: uuid.UUID) -> Claim:
    """Claim the newest task of a video."""
    return await claim(db, (await task_of(db, video_id)).id)


async def lapse(
    db: Database, max_attempts: int = MAX_ATTEMPTS, max_job_s: float = MAX_JOB_S
) -> list[VideoEvent]:
    """Bring back, or end, all tasks that nobody will end."""

    async def one(task_id: uuid.UUID) -> VideoEvent | None:
        async with db.begin() as tx:
            return await jobs.lapse(tx, task_id, max_attempts, max_job_s)

    return await Round(db, Kind.LAPSE).run(jobs.lapsed(max_attempts), one)


async def let_lapse(db: Database, task_id: uuid.UUID) -> None:
    """Have the lease of a task end a second ago, as when its worker fell silent."""
    async with db.begin() as tx:
        await tx.execute(
            update(Task)
            .where(Task.id == task_id)
            .values(lease_until=Task.lease_until - timedelta(seconds=LEASE_S + 1))
        )


def outputs(held: Claim, *names: str) -> Outputs:
    """Return what an attempt publishes: renditions of these names, a poster, a log."""
    return Outputs(
        renditions=tuple(
            RenditionRow(
                name=name,
                s3_key=f"{held.prefix}{name}.mp4",
                width=1280,
                height=int(name.removesuffix("p")),
                size=7,
                duration=2.0,
                bitrate=1_000_000,
                video_codec="h264",
                audio_codec="aac",
            )
            for name in names
        ),
        poster_key=f"{held.prefix}poster.jpg",
        poster_size=6,
        log_key=f"{held.prefix.rstrip('/').rpartition('/')[0]}/log-{held.attempt}.txt",
    )


async def publish(db: Database, storage: Storage, held: Claim, *names: str) -> Outputs:
    """Store and publish renditions of these names."""
    found = outputs(held, *names)
    for row in found.renditions:
        await storage.put(row.s3_key, row.name.encode().ljust(7), "video/mp4")
    assert found.poster_key is not None
    assert found.log_key is not None
    await storage.put(found.poster_key, b"poster", "image/jpeg")
    await storage.put(found.log_key, b"log", "text/plain")
    async with db.begin() as tx:
        await claims.succeed(tx, held, found)
    return found
