"""How a job gets its other tasks from `inspect`; the same worker then takes the next one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.jobs.project import project
from core.model.ids import new_id
from core.model.states import Outcome, TaskState
from core.model.tables import Task, TaskAttempt, TaskNeed
from core.outbox.write import hint
from core.tasks.claim import Work
from core.tasks.settle import NOTHING, Ending, end, lock, of_job


@dataclass(frozen=True)
class NewTask:
    """A task that a plan adds to its job; `needs` names others by their key."""

    kind: str
    key: str
    spec: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """The result of a task that inspects: the job's plan, its tasks, and the facts of the source.

    The first of the tasks that need nothing goes on in the hands of who made the plan.
    """

    plan: dict[str, Any]
    tasks: tuple[NewTask, ...]
    source_media: dict[str, Any]


async def plan(
    tx: AsyncConnection,
    work: Work,
    made: Inspection,
    lease_s: float,
    worker: str,
    nonce: uuid.UUID,
    ending: Ending = NOTHING,
) -> Work:
    """End a task that inspects, and add what it planned.

    Returns:
        The next task, begun. It is claimed for `worker`, as by `claim_next`.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await lock(tx, work)
    await end(tx, work, TaskState.SUCCEEDED, Outcome.SUCCEEDED, ending)
    first = await _add_tasks(tx, work, made.tasks, lease_s, worker, nonce)
    facts = {"source_media": made.source_media, "plan": made.plan, **of_job(ending)}
    await project(tx, video, work.job_id, **facts)
    return replace(first, plan=made.plan)


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
    leased = {
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
            **(leased if task is first else free),
        }
        for task in tasks
    ]
    claimed = insert(TaskAttempt).values(task_id=ids[first.key], attempt=1, worker=worker)
    await tx.execute(claimed.add_cte(insert(Task).values(rows).cte("added")))
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
