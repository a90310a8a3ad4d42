"""Cancels a job for its owner."""

import uuid

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict
from core.jobs.create import living
from core.jobs.project import project
from core.model import object_keys
from core.model.states import JOB_LIVE, TASK_LIVE, AssetState, JobState, Outcome, TaskState
from core.model.tables import Asset, Job, OldTask, Task, TaskAttempt, Track
from core.videos import purges, texts


async def cancel(tx: AsyncConnection, video_id: uuid.UUID) -> list[uuid.UUID]:
    """End whatever is queued or running for a video; its worker learns it within a second or two.

    Returns:
        The jobs that were ended.

    Raises:
        NotFound: the video is deleted.
        Conflict: nothing is queued or running.
    """
    video = await living(tx, video_id)
    ended = await end_work(tx, video_id)
    if not ended:
        raise Conflict("Only a queued or processing video can be cancelled.")
    for job_id in ended:
        await project(tx, video, job_id)
    return ended


async def end_work(tx: AsyncConnection, video_id: uuid.UUID) -> list[uuid.UUID]:
    """Cancel every task and job of a video that has not ended; return the jobs.

    The caller has locked the video, and projects or deletes it afterwards.
    """
    # Of the release before, which may hold some of them while this one is rolled out.
    old = await tx.execute(
        update(OldTask)
        .where(OldTask.video_id == video_id, OldTask.state.in_(("queued", "running")))
        .values(state=TaskState.CANCELLED, lease_until=None)
        .returning(OldTask.job_id, OldTask.attempt)
    )
    for row in old.all():
        await purges.schedule_attempts(tx, video_id, row.job_id, None, row.attempt)
    return await end_jobs(tx, video_id)


async def end_jobs(
    tx: AsyncConnection, video_id: uuid.UUID, operation: str | None = None
) -> list[uuid.UUID]:
    """Cancel the jobs of a video that have not ended, or those of one operation; return them.

    The caller has locked the video.
    """
    asked = () if operation is None else (Job.operation == operation,)
    jobs = await tx.scalars(
        update(Job)
        .where(Job.video_id == video_id, Job.state.in_(JOB_LIVE), *asked)
        .values(state=JobState.CANCELLED, stage=None, finished_at=func.now())
        .returning(Job.id)
    )
    ended = list(jobs.all())
    for job_id in ended:
        await cancel_tasks(tx, video_id, job_id)
    return ended


async def cancel_tasks(tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Cancel the tasks of a job that have not ended, and have removed what the job has made."""
    rows = (
        await tx.execute(
            update(Task)
            .where(Task.job_id == job_id, Task.state.in_(TASK_LIVE))
            .values(state=TaskState.CANCELLED, lease_until=None)
            .returning(Task.id, Task.key, Task.attempt)
        )
    ).all()
    for row in rows:
        await tx.execute(
            update(TaskAttempt)
            .where(TaskAttempt.task_id == row.id, TaskAttempt.outcome.is_(None))
            .values(outcome=Outcome.CANCELLED, ended_at=func.now())
        )
        await purges.schedule_attempts(tx, video_id, job_id, row.key, row.attempt)
    # Of those that had succeeded before: it waited to be published with all the rest.
    staged = await tx.scalars(
        delete(Asset)
        .where(Asset.job_id == job_id, Asset.state == AssetState.STAGED)
        .returning(Asset.s3_key)
    )
    await purges.schedule_removal(tx, *staged.all())
    await texts.withdraw(tx, job_id)
    # What could be watched while the job ran.
    streamed = await tx.execute(delete(Track).where(Track.job_id == job_id))
    if streamed.rowcount:
        await purges.schedule_removal(tx, object_keys.stream_prefix(video_id, job_id))
