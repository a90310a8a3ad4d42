"""How a worker claims a task and begins it.

A claim changes the row of its task and inserts its attempt. It touches no other row, so no other
row can make it fail. A second transaction (`begin`) writes what else belongs to the start. It also
ends a task that cannot be done any more.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Double, Select, exists, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.errors import BadRow, LeaseLost
from core.jobs.cancel import cancel_tasks
from core.jobs.project import FACTS, project
from core.model import object_keys
from core.model.states import JOB_LIVE, TaskState, VideoState
from core.model.tables import Job, Task, TaskAttempt, TaskNeed
from core.tasks import fair_order
from core.tasks.fair_order import Skills
from core.videos import lifecycle


@dataclass(frozen=True)
class Claim:
    """A task that is ours until the lease lapses. `attempt` is the fence of every later write."""

    task_id: uuid.UUID
    job_id: uuid.UUID
    video_id: uuid.UUID
    user_id: uuid.UUID
    kind: str
    key: str
    attempt: int
    charged: int

    @property
    def prefix(self) -> str:
        """Where this attempt's outputs go."""
        return object_keys.attempt_prefix(self.video_id, self.job_id, self.key, self.attempt)

    @property
    def stream_prefix(self) -> str:
        """Where this attempt's segments go; no other writes there."""
        return f"{object_keys.stream_prefix(self.video_id, self.job_id)}{self.key}-{self.attempt}/"

    @property
    def log_key(self) -> str:
        """Where this attempt's log goes."""
        return object_keys.attempt_log(self.video_id, self.job_id, self.key, self.attempt)


@dataclass(frozen=True)
class Work(Claim):
    """A claimed task that has begun, with what there is to know of it; sizes in bytes."""

    job_age_s: float  # seconds since the job's first attempt began, at the time of this claim
    operation: str
    params: dict[str, Any]
    plan: dict[str, Any] | None
    spec: dict[str, Any]
    is_needed: bool  # by another task
    effect: str  # an `Effect`
    priority: int
    turn: int
    source_key: str
    source_size: int
    source_etag: str | None


class Unclaimable(Enum):
    """Why nothing was claimed."""

    NOTHING = "nothing"  # there is none; a new task sends a new message
    LATER = "later"  # there is one, but its row is locked now: ask again


_CLAIMED = [
    Task.id.label("task_id"),
    *(getattr(Task, name) for name in Claim.__dataclass_fields__ if name != "task_id"),
]


async def claim_next(
    db: Database, worker: str, nonce: uuid.UUID, lease_s: float, skills: Skills
) -> Claim | Unclaimable:
    """Claim the next task.

    Args:
        db: the database; one statement is all, so that no transaction need be opened.
        worker: who takes it, for people who read the table.
        nonce: of this claim: should its answer get lost, `claimed_with` finds it again.
        lease_s: how long it is ours without a heartbeat, on the database's clock.
        skills: what the worker may claim.

    Raises:
        BadRow: the row of the chosen task cannot be written; set it back, and ask again.
        DatabaseAway: it may have been claimed all the same.
    """
    async with db.autocommit() as connection:
        try:
            row = (await connection.execute(_take(worker, nonce, lease_s, skills))).one_or_none()
        except DBAPIError as error:
            # Chosen as before: what is locked now is another's, and nothing is wrong with it.
            chosen = await connection.scalar(_free(skills))
            if chosen is None:
                raise
            raise BadRow(chosen) from error
        if row is not None:
            return Claim(*row)
        waits = await connection.scalar(fair_order.next_one(skills))
    return Unclaimable.NOTHING if waits is None else Unclaimable.LATER


def _free(skills: Skills) -> Select[uuid.UUID]:
    return fair_order.next_one(skills).with_for_update(of=Task, skip_locked=True)


def _take(worker: str, nonce: uuid.UUID, lease_s: float, skills: Skills) -> Select[Any]:
    chosen = _free(skills).cte("chosen")
    taken = (
        update(Task)
        .where(Task.id == select(chosen.c.id).scalar_subquery())
        .values(
            state=TaskState.RUNNING,
            attempt=Task.attempt + 1,
            charged=Task.charged + 1,
            worker=worker,
            nonce=nonce,
            lease_until=func.now() + timedelta(seconds=lease_s),
        )
        .returning(*_CLAIMED)
        .cte("taken")
    )
    noted = (
        insert(TaskAttempt)
        .from_select(
            ["task_id", "attempt", "worker"],
            select(taken.c.task_id, taken.c.attempt, literal(worker)),
        )
        .cte("noted")
    )
    return select(taken).add_cte(noted)


async def claimed_with(connection: AsyncConnection, nonce: uuid.UUID) -> Claim | None:
    """Return the claim with a nonce, if it came through and is still held."""
    row = (
        await connection.execute(
            select(*_CLAIMED).where(Task.nonce == nonce, Task.state == TaskState.RUNNING)
        )
    ).one_or_none()
    return None if row is None else Claim(*row)


async def begin(tx: AsyncConnection, claim: Claim) -> Work | None:
    """Have a task that was claimed begin: its job runs, its video is being processed.

    Returns:
        What there is to know of it; None when nothing can come of it, because its video or its job
        has ended: then the task has been ended too.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    video = await lifecycle.lock(tx, claim.video_id)
    row = (
        await tx.execute(
            select(
                *FACTS,
                Job.operation,
                Job.params,
                Job.plan,
                Task.spec,
                exists().where(TaskNeed.needs_id == Task.id).label("is_needed"),
                Task.priority,
                Task.turn,
                func.coalesce(func.extract("epoch", func.now() - Job.started_at), 0)
                .cast(Double)
                .label("job_age_s"),
            )
            .join(Task, Task.job_id == Job.id)
            .where(
                Task.id == claim.task_id,
                Task.attempt == claim.attempt,
                Task.state == TaskState.RUNNING,
            )
        )
    ).one_or_none()
    if row is None or video is None:
        raise LeaseLost
    if video.state is VideoState.DELETED or row.state not in JOB_LIVE:
        await cancel_tasks(tx, claim.video_id, claim.job_id)
        await project(tx, video, claim.job_id)
        return None
    await project(tx, video, claim.job_id, known=row)
    return Work(
        **vars(claim),
        **{name: value for name, value in row._mapping.items() if name not in ("state", "tasks")},  # noqa: SLF001
        source_key=video.source_key,
        source_size=video.source_size,
        source_etag=video.source_etag,
    )
