"""Gives back the tasks whose lease has lapsed, or ends them when they were tried often enough."""

import uuid
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure
from core.jobs.cancel import cancel_tasks
from core.jobs.project import project
from core.model.failure_codes import FailureCode
from core.model.states import JOB_LIVE, Outcome, TaskState
from core.model.tables import Job, Task, TaskAttempt
from core.outbox.write import hint
from core.videos import lifecycle, purges

_GAVE_UP = Failure(
    FailureCode.PROCESSING_GAVE_UP,
    "Processing was started several times and never finished. Try again later.",
    retryable=True,
)


class Lapsed(NamedTuple):
    """The video whose task lapsed, and why it failed, if it did."""

    video_id: uuid.UUID
    failure: Failure | None


def lapsed(max_attempts: int) -> Select[uuid.UUID]:
    """Return the statement for tasks whose lease has lapsed: see `lapse`."""
    return select(Task.id).where(_lost(max_attempts)).order_by(Task.lease_until)


async def lapse(
    tx: AsyncConnection, task_id: uuid.UUID, max_attempts: int, max_job_s: float
) -> Lapsed | None:
    """Give a lapsed task back to the queue, or fail it if it was tried often enough.

    Also fails what waits and may not be claimed any more, as when the limit was lowered. A job is
    given up `max_job_s` seconds after its first attempt began.

    Returns:
        None when none of this applies to the task any more: somebody was faster.
    """
    video_id = await tx.scalar(select(Task.video_id).where(Task.id == task_id))
    video = None if video_id is None else await lifecycle.lock(tx, video_id)
    if video is None:
        return None
    too_old = Job.started_at < func.now() - timedelta(seconds=max_job_s)
    row = (
        await tx.execute(
            select(
                Task.job_id, Task.key, Task.charged, Task.attempt, Task.state,
                Job.state.label("job_state"), too_old.label("too_old"),
            )
            .join(Job, Job.id == Task.job_id)
            .where(Task.id == task_id, _lost(max_attempts))
            .with_for_update(of=Task)
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    await tx.execute(
        update(TaskAttempt)
        .where(
            TaskAttempt.task_id == task_id,
            TaskAttempt.attempt == row.attempt,
            TaskAttempt.outcome.is_(None),
        )
        .values(outcome=Outcome.LAPSED, ended_at=func.now(), error="the lease lapsed")
    )
    gone = row.job_state not in JOB_LIVE
    gives_up = row.charged >= max_attempts or bool(row.too_old)
    to = TaskState.CANCELLED if gone else TaskState.FAILED if gives_up else TaskState.QUEUED
    await tx.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(state=to, lease_until=None, worker=None, available_at=func.now())
    )
    if to is TaskState.QUEUED:
        await hint(tx, [task_id])
        await project(tx, video, row.job_id)
        return Lapsed(video.id, None)
    await purges.schedule_attempts(tx, video.id, row.job_id, row.key, row.attempt)
    await cancel_tasks(tx, video.id, row.job_id)
    failure = _GAVE_UP if to is TaskState.FAILED else None
    await project(tx, video, row.job_id, failure=failure)
    return Lapsed(video.id, failure)


def _lost(max_attempts: int) -> ColumnElement[bool]:
    silent = and_(Task.state == TaskState.RUNNING, Task.lease_until < func.now())
    exhausted = and_(Task.state == TaskState.QUEUED, Task.charged >= max_attempts)
    return or_(silent, exhausted)
