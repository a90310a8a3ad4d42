"""Videos with work to do, and the work done on them as a worker reports it."""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from control.rounds import handle_due
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.jobs import create
from core.model.sheets import Sheet
from core.model.states import AssetKind, TaskState, VideoState
from core.model.tables import DEFAULT_POOL, Job, Task, TaskAttempt, User, Video
from core.setbacks import Kind
from core.tasks import lapse as lapses
from core.tasks import planning, settle
from core.tasks.claim import Claim, Unclaimable, Work, begin, claim_next
from core.tasks.fair_order import Skills
from core.tasks.planning import Inspection, NewTask
from core.tasks.settle import Ending, NewAsset
from core.videos.lifecycle import LockedVideo, lock
from tests.support.waiting import wait_until

LEASE_S = 60.0
MAX_ATTEMPTS = 3
MAX_JOB_S = 3600.0
KINDS = frozenset(
    {("transcode", create.FIRST_TASK), ("transcode", "encode"), ("poster", create.FIRST_TASK)}
)
SKILLS = Skills(KINDS, DEFAULT_POOL, MAX_ATTEMPTS)


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


async def queue_video(db: Database, *, size: int = 1000) -> Queued:
    """Insert a user with a video that waits for its transcode."""
    video = await new_video(db, size=size)
    async with db.begin() as tx:
        job_id = await create.create(tx, await locked(tx, video.video_id), "transcode")
    task = await task_of(db, video.video_id)
    return Queued(video.user_id, video.video_id, job_id, task.id)


async def locked(tx: AsyncConnection, video_id: uuid.UUID) -> LockedVideo:
    """Lock a video that is there."""
    found = await lock(tx, video_id)
    assert found is not None
    return found


async def task_of(db: Database, video_id: uuid.UUID) -> Row[Any]:
    """Return the newest task of a video."""
    return await _one(db, select(*Task.__table__.c).where(Task.video_id == video_id), Task.id)


async def attempt_of(db: Database, task_id: uuid.UUID) -> Row[Any]:
    """Return the newest attempt at a task."""
    statement = select(*TaskAttempt.__table__.c).where(TaskAttempt.task_id == task_id)
    return await _one(db, statement, TaskAttempt.attempt)


async def graph_of(db: Database, job_id: uuid.UUID) -> dict[str, Row[Any]]:
    """Return the tasks of a job by their keys."""
    async with db.autocommit() as connection:
        found = await connection.execute(select(*Task.__table__.c).where(Task.job_id == job_id))
        return {row.key: row for row in found.all()}


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
    async with db.autocommit() as connection:
        found = await connection.execute(statement.order_by(newest.desc()).limit(1))
        row: Row[Any] = found.one()
        return row


async def claim_next_of_all(
    db: Database, worker: str = "worker", skills: Skills = SKILLS
) -> Claim | Unclaimable:
    """Claim the task whose turn it is, as a worker does."""
    return await claim_next(db, worker, uuid.uuid4(), LEASE_S, skills)


async def take(db: Database, task_id: uuid.UUID, worker: str = "worker") -> Claim | Unclaimable:
    """Claim a task whether it is its turn or not: others are locked for that moment."""
    async with db.begin() as tx:
        others = select(Task.id).where(Task.id != task_id, Task.state == TaskState.QUEUED)
        await tx.execute(others.order_by(Task.id).with_for_update())
        found = await claim_next_of_all(db, worker)
    assert isinstance(found, Unclaimable) or found.task_id == task_id
    return found


async def claim(db: Database, task_id: uuid.UUID, worker: str = "worker") -> Work:
    """Claim a task that must be free, or become so in a moment, and begin it."""
    found: list[Claim] = []

    async def taken() -> bool:
        each = await take(db, task_id, worker)
        found.extend([each] if isinstance(each, Claim) else [])
        return bool(found)

    await wait_until(taken)
    return await begun(db, found[0])


async def begun(db: Database, taken: Claim) -> Work:
    """Have a claimed task begin, which must be possible."""
    async with db.begin() as tx:
        work = await begin(tx, taken)
    assert work is not None
    return work


async def claim_of(db: Database, video_id: uuid.UUID) -> Work:
    """Claim the newest task of a video."""
    return await claim(db, (await task_of(db, video_id)).id)


async def planned(
    db: Database,
    held: Work,
    tasks: tuple[NewTask, ...] = (NewTask("encode", "encode"),),
    media: dict[str, Any] | None = None,
) -> Work:
    """End a task that inspects with a plan of these tasks; the first that needs none is held."""
    made = Inspection(plan={"of": "a test"}, tasks=tasks, source_media=media or {"duration": 2.0})
    async with db.begin() as tx:
        return await planning.plan(tx, held, made, LEASE_S, "worker", uuid.uuid4())


async def encoding(db: Database, queued: Queued) -> Work:
    """Claim the first task of a video's job and plan it; return its second task, in work."""
    return await planned(db, await claim(db, queued.task_id))


async def lapse(
    db: Database, max_attempts: int = MAX_ATTEMPTS, max_job_s: float = MAX_JOB_S
) -> int:
    """Bring back, or end, all tasks that nobody will end; return how many."""

    async def one(task_id: uuid.UUID) -> bool:
        async with db.begin() as tx:
            return await lapses.lapse(tx, task_id, max_attempts, max_job_s) is not None

    return await handle_due(db, Kind.LAPSE, lapses.lapsed(max_attempts), one)


async def let_lapse(db: Database, task_id: uuid.UUID) -> None:
    """Have the lease of a task end a second ago, as when its worker fell silent."""
    async with db.begin() as tx:
        await tx.execute(
            update(Task)
            .where(Task.id == task_id)
            .values(lease_until=Task.lease_until - timedelta(seconds=LEASE_S + 1))
        )


def outputs(held: Claim, *names: str, sheets: int = 0) -> tuple[NewAsset, ...]:
    """Return what an attempt makes: files of these names, and a poster; nothing without names.

    The name `audio` is that of sound without a picture. Of a storyboard it makes so many sheets.
    """
    files = (_sound(held) if name == "audio" else _film(held, name) for name in names)
    poster = NewAsset(
        kind=AssetKind.POSTER, name="poster", s3_key=f"{held.prefix}poster.jpg", size=6
    )
    return (*files, poster, *(_sheet(held, n) for n in range(sheets))) if names else ()


def _film(held: Claim, name: str) -> NewAsset:
    return NewAsset(
        kind=AssetKind.FILE,
        name=name,
        s3_key=f"{held.prefix}{name}.mp4",
        size=7,
        width=1280,
        height=int(name.removesuffix("p")),
        duration=2.0,
        bitrate=1_000_000,
        video_codec="h264",
        audio_codec="aac",
    )


def _sound(held: Claim) -> NewAsset:
    return NewAsset(
        kind=AssetKind.FILE,
        name="audio",
        s3_key=f"{held.prefix}audio.m4a",
        size=7,
        duration=2.0,
        bitrate=128_000,
        audio_codec="aac",
    )


def _sheet(held: Claim, number: int) -> NewAsset:
    sheet = Sheet(
        start=number * 3, step=1.5, end=number * 3 + 3, tiles=2, columns=2, width=160, height=90
    )
    return NewAsset(
        kind=AssetKind.STORYBOARD,
        name=str(number),
        s3_key=f"{held.prefix}storyboard-{number}.jpg",
        size=5,
        width=320,
        height=90,
        layout=asdict(sheet),
    )


def ending(held: Claim) -> Ending:
    """Return how an attempt ends that has a log."""
    return Ending(progress=100.0, log_key=held.log_key, cpu_seconds=1.5)


async def succeed(db: Database, held: Work, *names: str, **facts: Any) -> None:
    """End a task well that has made files of these names, of which none is stored."""
    async with db.begin() as tx:
        await settle.succeed(tx, held, outputs(held, *names), ending(held), **facts)


async def publish(
    db: Database, storage: Storage, held: Work, *names: str, sheets: int = 0, **facts: Any
) -> tuple[NewAsset, ...]:
    """Store and publish files of these names; plan the job first, if nobody has.

    Of a storyboard there are so many sheets.
    """
    if held.kind == create.FIRST_TASK:
        held = await planned(db, held)
    found = outputs(held, *names, sheets=sheets)
    for asset in found:
        if asset.kind is AssetKind.POSTER:
            await storage.put(asset.s3_key, b"poster", "image/jpeg")
        elif asset.kind is AssetKind.STORYBOARD:
            await storage.put(asset.s3_key, b"sheet", "image/jpeg")
        else:
            await storage.put(asset.s3_key, asset.name.encode().ljust(7), "video/mp4")
    await storage.put(held.log_key, b"log", "text/plain")
    async with db.begin() as tx:
        await settle.succeed(tx, held, found, ending(held), **facts)
    return found
