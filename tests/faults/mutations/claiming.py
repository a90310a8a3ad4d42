"""Without the guards of claims."""

import uuid
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.faults.mutations import KINDS, mutation, replace


@mutation("no_takeover", "workers")
def no_takeover() -> None:
    """A claim takes what is queued, and never what somebody held until the lease lapsed."""
    from core.model.states import WorkState
    from core.model.tables import Task
    from core.tasks import claims

    plain = claims.claim

    async def only_queued(tx: AsyncConnection, task_id: uuid.UUID, *more: Any) -> Any:
        state = await tx.scalar(select(Task.state).where(Task.id == task_id))
        if state == WorkState.RUNNING:
            return claims.Unclaimable.BUSY
        return await plain(tx, task_id, *more)

    replace(claims, "claim", only_queued)


@mutation("claim_guard", "workers")
def no_claim_guard() -> None:
    """A claim takes the task that the message names, whatever has become of it."""
    from core.model.states import WorkState
    from core.model.tables import Job, Task
    from core.tasks import claims

    plain = claims.claim

    async def anything(tx: AsyncConnection, task_id: uuid.UUID, *more: Any) -> Any:
        queued = {"state": WorkState.QUEUED, "lease_until": None}
        await tx.execute(update(Task).where(Task.id == task_id).values(queued))
        job_id = select(Task.job_id).where(Task.id == task_id).scalar_subquery()
        await tx.execute(update(Job).where(Job.id == job_id).values(state=WorkState.QUEUED))
        return await plain(tx, task_id, *more)

    async def named(tx: AsyncConnection, task_id: uuid.UUID, *more: Any) -> Any:
        return await anything(tx, task_id, *more)

    replace(claims, "claim_next", named)


@mutation("fence", "workers")
def no_fence() -> None:
    """A write counts whoever holds the task by now, and a holder is never told that it is lost."""
    from core.model.states import WorkState
    from core.model.tables import Task
    from core.tasks import claims

    async def unfenced(tx: AsyncConnection, held: claims.Claim, **values: Any) -> None:
        chosen = values or {"attempt": Task.attempt}
        ours = Task.id == held.task_id
        if "state" not in chosen:
            # The database itself lets nobody have a lease of what has ended; nor is he told.
            ours = and_(ours, Task.state == WorkState.RUNNING)
        await tx.execute(update(Task).where(ours).values(chosen))

    async def holds(_connection: AsyncConnection, _held: claims.Claim) -> bool:
        return True

    replace(claims, "_fenced", unfenced)
    replace(claims, "holds", holds)


@mutation("any_transition", *KINDS)
def any_transition() -> None:
    """A video enters any state from any other one."""
    from core.model.states import VideoState
    from core.videos import lifecycle

    plain = lifecycle._write

    async def unguarded(
        tx: AsyncConnection, video_id: uuid.UUID, _allowed: list[VideoState], **values: Any
    ) -> Any:
        return await plain(tx, video_id, list(VideoState), **values)

    replace(lifecycle, "_write", unguarded)


@mutation("own_place", "workers")
def no_own_place() -> None:
    """All attempts put their outputs into the same place."""
    from core.model import object_keys

    plain = object_keys.attempt_prefix

    def shared(video_id: uuid.UUID, job_id: uuid.UUID, _attempt: int) -> str:
        return plain(video_id, job_id, 1)

    replace(object_keys, "attempt_prefix", shared)
