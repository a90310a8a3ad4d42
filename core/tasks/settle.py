"""Writes how an attempt ended: the task succeeded, failed, or is given back.

Each function runs in the caller's transaction. It locks the video first, writes under the fence,
and updates the states of job and video. It raises `LeaseLost` and writes nothing when the task does
not belong to this attempt any more.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure, LeaseLost
from core.jobs.cancel import cancel_tasks
from core.jobs.project import project
from core.model.ids import new_id
from core.model.states import AssetKind, AssetState, Effect, Outcome, TaskState
from core.model.tables import Asset, Job, Task, TaskAttempt, TaskNeed
from core.outbox.write import hint
from core.tasks.claim import Claim, Work
from core.tasks.lease import ours
from core.videos import lifecycle, purges
from core.videos.lifecycle import LockedVideo


@dataclass(frozen=True)
class NewAsset:
    """Something that an attempt has stored; sizes in bytes, seconds, bits a second."""

    kind: AssetKind
    name: str
    s3_key: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    bitrate: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None


@dataclass(frozen=True)
class NewTask:
    """A task that a plan adds to its job; `needs` names others by their key."""

    kind: str
    key: str
    spec: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ending:
    """What is written of the attempt itself.

    Attributes:
        progress: of the job, in percent.
        log_key: where the attempt's log lies.
        cpu_seconds: what its programs have used; None when unknown.
        error: what happened, for the operator.
    """

    progress: float = 0.0
    log_key: str | None = None
    cpu_seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Plan:
    """What came of a task that inspects: the job's plan, its tasks, and what is told of the source.

    The first of the tasks that need nothing goes on in the hands of who made the plan.
    """

    plan: dict[str, Any]
    tasks: tuple[NewTask, ...]
    source_media: dict[str, Any]


_NOTHING = Ending()


async def plan(
    tx: AsyncConnection,
    work: Work,
    made: Plan,
    lease_s: float,
    worker: str,
    nonce: uuid.UUID,
    ending: Ending = _NOTHING,
) -> Work:
    """End a task that inspects, add what it planned, and claim the next task for its holder.

    Args:
        tx: the transaction.
        work: the task that inspects.
        made: what came of it.
        lease_s: of the claim of the next task.
        worker: who holds it.
        nonce: of that claim.
        ending: of the task that inspects.

    Returns:
        The next task, begun.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await _lock(tx, work)
    await _end(tx, work, TaskState.SUCCEEDED, Outcome.SUCCEEDED, ending)
    first = await _add_tasks(tx, work, made.tasks, lease_s, worker, nonce)
    facts = {"source_media": made.source_media, "plan": made.plan, **_of_job(ending)}
    await project(tx, video, work.job_id, **facts)
    return replace(first, plan=made.plan)


async def succeed(
    tx: AsyncConnection,
    work: Work,
    assets: Sequence[NewAsset],
    ending: Ending = _NOTHING,
    result: dict[str, Any] | None = None,
) -> None:
    """End a task well; what it has made is seen once its whole job has succeeded.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await _lock(tx, work)
    await _end(tx, work, TaskState.SUCCEEDED, Outcome.SUCCEEDED, ending, result=result)
    if assets:
        common = {
            "video_id": work.video_id,
            "job_id": work.job_id,
            "is_main": work.effect is Effect.REPLACE,
            "state": AssetState.STAGED,
        }
        await tx.execute(
            insert(Asset).values([{"id": new_id(), **common, **asdict(each)} for each in assets])
        )
    await purges.purge_attempts(tx, work.video_id, work.job_id, work.key, work.attempt - 1)
    if work.is_needed:
        await _unblock(tx, work)
    await project(tx, video, work.job_id, **_of_job(ending))


async def fail(
    tx: AsyncConnection, claim: Claim, failure: Failure, ending: Ending = _NOTHING
) -> None:
    """End a task for good, and with it its job.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await _lock(tx, claim)
    await _end(tx, claim, TaskState.FAILED, Outcome.FAILED, ending)
    await purges.purge_attempts(tx, claim.video_id, claim.job_id, claim.key, claim.attempt)
    await cancel_tasks(tx, claim.video_id, claim.job_id)
    await project(tx, video, claim.job_id, failure=failure, **_of_job(ending))


async def release(
    tx: AsyncConnection,
    claim: Claim,
    *,
    delay_s: float,
    charge: bool,
    outcome: Outcome = Outcome.RETRIED,
    ending: Ending = _NOTHING,
) -> None:
    """Give a task back to the queue.

    Args:
        tx: the transaction.
        claim: what is given up.
        delay_s: not to be claimed before that many seconds have passed.
        charge: whether the attempt counts; a drained worker's does not.
        outcome: of the attempt.
        ending: of the attempt.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await _lock(tx, claim)
    await _end(
        tx,
        claim,
        TaskState.QUEUED,
        outcome,
        ending,
        charged=Task.charged - (0 if charge else 1),
        worker=None,
        available_at=func.now() + timedelta(seconds=delay_s),
    )
    await hint(tx, [claim.task_id], delay_s)
    await project(tx, video, claim.job_id, **_of_job(ending))


async def abandon(tx: AsyncConnection, claim: Claim) -> None:
    """Have the outputs and the log of an attempt that lost its lease removed, unless published.

    Its worker is the last who can have written there, and the others may have looked before.
    """
    await lifecycle.lock(tx, claim.video_id)
    published = select(Asset.id).where(
        Asset.video_id == claim.video_id, Asset.s3_key.startswith(claim.prefix)
    )
    named = select(TaskAttempt.task_id).where(
        TaskAttempt.task_id == claim.task_id,
        TaskAttempt.attempt == claim.attempt,
        TaskAttempt.log_key.is_not(None),
    )
    if await tx.scalar(published.limit(1)) is None:
        await purges.purge(tx, claim.prefix)
    if await tx.scalar(named) is None:
        await purges.purge(tx, claim.log_key)


async def _lock(tx: AsyncConnection, claim: Claim) -> LockedVideo:
    video = await lifecycle.lock(tx, claim.video_id)
    if video is None:
        raise LeaseLost
    return video


async def _end(
    tx: AsyncConnection,
    claim: Claim,
    state: TaskState,
    outcome: Outcome,
    ending: Ending,
    **values: Any,
) -> None:
    """Write how an attempt ended to its task, under the fence, and to its own row."""
    ended = (
        update(Task)
        .where(ours(claim))
        .values(
            state=state,
            lease_until=None,
            progress=func.greatest(Task.progress, ending.progress),
            stage=None,
            eta_s=None,
            **values,
        )
        .returning(Task.id, Task.attempt)
        .cte("ended")
    )
    noted = await tx.execute(
        update(TaskAttempt)
        .where(
            TaskAttempt.task_id == ended.c.id,
            TaskAttempt.attempt == ended.c.attempt,
        )
        .values(
            ended_at=func.now(),
            outcome=outcome,
            error=ending.error,
            log_key=ending.log_key,
            cpu_seconds=ending.cpu_seconds,
        )
    )
    if noted.rowcount == 0:
        raise LeaseLost


def _of_job(ending: Ending) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if ending.log_key is not None:
        values["log_key"] = ending.log_key
    if ending.cpu_seconds:
        values["cpu_seconds"] = Job.cpu_seconds + ending.cpu_seconds
    return values


async def _add_tasks(
    tx: AsyncConnection,
    work: Work,
    tasks: Sequence[NewTask],
    lease_s: float,
    worker: str,
    nonce: uuid.UUID,
) -> Work:
    """Insert the tasks of a plan; the first one that needs nothing is claimed at once."""
    ids = {task.key: new_id() for task in tasks}
    first = next(task for task in tasks if not task.needs)
    held = {
        "state": TaskState.RUNNING,
        "attempt": 1,
        "charged": 1,
        "worker": worker,
        "nonce": nonce,
        "lease_until": func.now() + timedelta(seconds=lease_s),
    }
    free = {"attempt": 0, "charged": 0, "worker": None, "nonce": None, "lease_until": None}
    rows = [
        {
            "id": ids[task.key],
            "job_id": work.job_id,
            "video_id": work.video_id,
            "user_id": work.user_id,
            "priority": work.priority,
            "turn": work.turn,
            "kind": task.kind,
            "key": task.key,
            "spec": task.spec,
            "blocked_by": len(task.needs),
            "state": TaskState.BLOCKED if task.needs else TaskState.QUEUED,
            **(held if task is first else free),
        }
        for task in tasks
    ]
    added = insert(Task).values(rows).returning(Task.id, Task.attempt, Task.worker).cte("added")
    columns = (added.c.id, added.c.attempt, added.c.worker)
    await tx.execute(
        insert(TaskAttempt).from_select(
            ["task_id", "attempt", "worker"], select(*columns).where(added.c.attempt > 0)
        )
    )
    needs = [
        {"task_id": ids[task.key], "needs_id": ids[need]} for task in tasks for need in task.needs
    ]
    if needs:
        await tx.execute(insert(TaskNeed).values(needs))
    await hint(tx, [ids[task.key] for task in tasks if task is not first and not task.needs])
    return replace(
        work,
        task_id=ids[first.key],
        kind=first.kind,
        key=first.key,
        spec=first.spec,
        is_needed=any(first.key in task.needs for task in tasks),
        attempt=1,
        charged=1,
    )


async def _unblock(tx: AsyncConnection, claim: Claim) -> None:
    """Let the tasks begin that waited for this one alone."""
    waiting = (
        select(Task.id)
        .join(TaskNeed, TaskNeed.task_id == Task.id)
        .where(TaskNeed.needs_id == claim.task_id, Task.state == TaskState.BLOCKED)
        .order_by(Task.id)
        .with_for_update(of=Task)
    )
    ids = (await tx.scalars(waiting)).all()
    if not ids:
        return
    rows = await tx.execute(
        update(Task)
        .where(Task.id.in_(ids))
        .values(
            blocked_by=Task.blocked_by - 1,
            state=case((Task.blocked_by == 1, TaskState.QUEUED), else_=Task.state),
        )
        .returning(Task.id, Task.state)
    )
    await hint(tx, [row.id for row in rows.all() if row.state == TaskState.QUEUED])
