"""The lease of a claimed task: extended by heartbeats, given back, and the fence around it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LeaseLost
from core.model.states import Outcome, Stage, TaskState
from core.model.tables import Task, TaskAttempt
from core.outbox.write import hint
from core.tasks.claim import Claim

_UNBEGUN_S = 30.0  # a task that could not begin: whatever was wrong may have passed


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


async def give_back_unbegun(tx: AsyncConnection, claim: Claim, error: str, *, charge: bool) -> None:
    """Give a task back that could not begin; the sweep ends it once it was tried often enough.

    It writes the task and its attempt alone: what kept it from beginning may be another row.
    `charge` says whether the attempt counts.

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
        available_at=func.now() + timedelta(seconds=_UNBEGUN_S),
    )
    await tx.execute(
        update(TaskAttempt)
        .where(TaskAttempt.task_id == claim.task_id, TaskAttempt.attempt == claim.attempt)
        .values(outcome=Outcome.RETRIED, ended_at=func.now(), error=error)
    )
    await hint(tx, [claim.task_id], _UNBEGUN_S)


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
