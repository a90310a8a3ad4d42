"""The lease of a claimed task: extended by heartbeats, taken back when it lapses."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure, LeaseLost
from core.jobs.cancel import cancel_tasks
from core.jobs.project import project
from core.model.failure_codes import FailureCode
from core.model.states import JOB_LIVE, Outcome, Stage, TaskState
from core.model.tables import Job, Task, TaskAttempt
from core.outbox.write import hint
from core.tasks.claim import Claim
from core.videos import lifecycle, purges

GAVE_UP = Failure(
    FailureCode.PROCESSING_GAVE_UP,
    "Processing was started several times and never finished. Try again later.",
    retryable=True,
)
_LAPSED = "the lease lapsed"
_PUT_BACK_S = 30.0  # a task that could not begin: whatever was wrong may have passed


async def heartbeat(
    connection: AsyncConnection,
    claim: Claim,
    lease_s: float,
    *,
    stage: Stage,
    progress: float,
    eta_s: float | None,
) -> None:
    """Extend the lease, and write how far the job is; `progress` in percent never goes back.

    One statement, on the task's row alone.

    Raises:
        LeaseLost: the task was cancelled, ended or taken over.
    """
    await fenced(
        connection,
        claim,
        lease_until=func.now() + timedelta(seconds=lease_s),
        stage=stage,
        progress=func.greatest(Task.progress, progress),
        eta_s=eta_s,
    )


async def put_back(tx: AsyncConnection, claim: Claim, error: str, *, charge: bool) -> None:
    """Give a task back that could not begin; the sweep ends it once it was tried often enough.

    It writes the task and its attempt alone: what kept it from beginning may be another row.

    Args:
        tx: the transaction.
        claim: what is given up.
        error: what happened, for the operator.
        charge: whether the attempt counts.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    await fenced(
        tx,
        claim,
        state=TaskState.QUEUED,
        charged=Task.charged - (0 if charge else 1),
        lease_until=None,
        worker=None,
        available_at=func.now() + timedelta(seconds=_PUT_BACK_S),
    )
    await tx.execute(
        update(TaskAttempt)
        .where(TaskAttempt.task_id == claim.task_id, TaskAttempt.attempt == claim.attempt)
        .values(outcome=Outcome.RETRIED, ended_at=func.now(), error=error)
    )
    await hint(tx, [claim.task_id], _PUT_BACK_S)


async def holds(connection: AsyncConnection, claim: Claim) -> bool:
    """Tell whether the task is still this attempt's."""
    return await connection.scalar(select(Task.id).where(ours(claim))) is not None


def ours(claim: Claim) -> ColumnElement[bool]:
    """Return the condition that a task is still this attempt's: the fence."""
    return and_(
        Task.id == claim.task_id,
        Task.attempt == claim.attempt,
        Task.state == TaskState.RUNNING,
    )


async def fenced(connection: AsyncConnection, claim: Claim, **values: Any) -> None:
    """Write to the task only while it is still this attempt's.

    Raises:
        LeaseLost: it is not.
    """
    result = await connection.execute(update(Task).where(ours(claim)).values(**values))
    if result.rowcount == 0:
        raise LeaseLost


def lapsed(max_attempts: int) -> Select[uuid.UUID]:
    """Return the statement for tasks whose lease has lapsed: see `lapse`."""
    return select(Task.id).where(_lost(max_attempts)).order_by(Task.lease_until)


async def lapse(
    tx: AsyncConnection, task_id: uuid.UUID, max_attempts: int, max_job_s: float
) -> bool:
    """Give a lapsed task back to the queue, or fail it if it was tried often enough.

    Also fails what waits and may not be claimed any more, as when the limit was lowered.

    Args:
        tx: the transaction.
        task_id: the task; False when none of this applies to it any more: somebody was faster.
        max_attempts: attempts that are charged, after which a task is given up.
        max_job_s: seconds from the first attempt after which a job is given up.
    """
    video_id = await tx.scalar(select(Task.video_id).where(Task.id == task_id))
    video = None if video_id is None else await lifecycle.lock(tx, video_id)
    if video is None:
        return False
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
        return False
    await tx.execute(
        update(TaskAttempt)
        .where(
            TaskAttempt.task_id == task_id,
            TaskAttempt.attempt == row.attempt,
            TaskAttempt.outcome.is_(None),
        )
        .values(outcome=Outcome.LAPSED, ended_at=func.now(), error=_LAPSED)
    )
    gone = row.job_state not in JOB_LIVE
    gives_up = row.charged >= max_attempts or bool(row.too_old)
    to = TaskState.CANCELLED if gone else TaskState.FAILED if gives_up else TaskState.QUEUED
    await tx.execute(
        update(Task).where(Task.id == task_id).values(state=to, lease_until=None, worker=None)
    )
    if to is TaskState.QUEUED:
        await hint(tx, [task_id])
        await project(tx, video, row.job_id)
        return True
    await purges.purge_attempts(tx, video.id, row.job_id, row.key, row.attempt)
    await cancel_tasks(tx, video.id, row.job_id)
    await project(tx, video, row.job_id, failure=GAVE_UP if to is TaskState.FAILED else None)
    return True


def _lost(max_attempts: int) -> ColumnElement[bool]:
    silent = and_(Task.state == TaskState.RUNNING, Task.lease_until < func.now())
    exhausted = and_(Task.state == TaskState.QUEUED, Task.charged >= max_attempts)
    return or_(silent, exhausted)
