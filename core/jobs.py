"""What an owner asks for, and what becomes of work that nobody holds: guarded UPDATEs.

Each function runs in the caller's transaction, locks the video first (`videos.lock`) and returns
the event to publish once that has committed. What a task's holder may do is in `claims.py`;
nothing else writes the states of jobs and tasks.
"""

import uuid
from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import notify, work
from core.errors import Conflict, NotFound
from core.events import VideoEvent
from core.model.ids import new_id
from core.model.states import VideoState, WorkState
from core.model.tables import Job, Task
from core.tasks import fair_order
from core.videos import lifecycle

AT_REST = frozenset({VideoState.READY, VideoState.FAILED, VideoState.CANCELLED})


async def create(
    tx: AsyncConnection,
    video_id: uuid.UUID,
    operation: str,
    params: dict[str, Any] | None = None,
    *,
    only_from: Collection[VideoState] = AT_REST,
) -> tuple[uuid.UUID, VideoEvent]:
    """Insert a job with its task and put the video into the queue.

    Args:
        tx: the transaction.
        video_id: the video.
        operation: what is asked of it.
        params: of the operation.
        only_from: the states that the video may be in; by default it has arrived and rests.

    Returns:
        The job's id and the event.

    Raises:
        NotFound: the video is deleted.
        Conflict: the video is in another state.
    """
    await _living(tx, video_id)
    job_id = new_id()
    event = await lifecycle.move(
        tx,
        video_id,
        VideoState.QUEUED,
        only_from=only_from,
        stage=None,
        progress=0.0,
        eta_s=None,
        failure=None,
        job_id=job_id,
    )
    if event is None:
        raise Conflict("This video is on its way; wait until it is ready, or cancel that first.")
    await tx.execute(
        insert(Job).values(
            id=job_id,
            video_id=video_id,
            user_id=event.user_id,
            operation=operation,
            params=params or {},
            state=WorkState.QUEUED,
        )
    )
    priority, turn = await fair_order.assign(tx, event.user_id)
    await tx.execute(
        insert(Task).values(
            id=new_id(),
            job_id=job_id,
            video_id=video_id,
            user_id=event.user_id,
            priority=priority,
            turn=turn,
            state=WorkState.QUEUED,
        )
    )
    await notify.outbox(tx)
    return job_id, event


async def cancel(tx: AsyncConnection, video_id: uuid.UUID) -> VideoEvent:
    """End whatever is queued or running for a video; its worker learns it at the next heartbeat.

    Raises:
        NotFound: the video is deleted.
        Conflict: nothing is queued or running.
    """
    await _living(tx, video_id)
    await end_work(tx, video_id)
    event = await lifecycle.move(tx, video_id, VideoState.CANCELLED, stage=None, eta_s=None)
    if event is None:
        raise Conflict("Only a video that is queued or being processed can be cancelled.")
    return event


async def _living(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    found = await lifecycle.lock(tx, video_id)
    if found is None or found.state is VideoState.DELETED:
        raise NotFound("There is no such video.")


async def end_work(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """Cancel every task and job of a video that has not ended; the caller has locked the video."""
    rows = await tx.execute(
        update(Task)
        .where(Task.video_id == video_id, Task.state.in_(work.sources(WorkState.CANCELLED)))
        .values(state=WorkState.CANCELLED, lease_until=None)
        .returning(Task.job_id, Task.attempt)
    )
    for row in rows.all():
        await work.job_to(tx, row.job_id, WorkState.CANCELLED, stage=None, finished_at=func.now())
        await work.purge_attempts(tx, video_id, row.job_id, row.attempt)


def lapsed(max_attempts: int) -> Select[uuid.UUID]:
    """Return the statement for tasks that nobody will end: see `lapse`."""
    return select(Task.id).where(_lost(max_attempts)).order_by(Task.lease_until)


async def lapse(
    tx: AsyncConnection, task_id: uuid.UUID, max_attempts: int, max_job_s: float
) -> VideoEvent | None:
    """Return a task whose worker fell silent to the queue, or fail it if it was tried often enough.

    Also fails what waits and may not be claimed any more, as when the limit was lowered. Work of a
    video that has left the queue is cancelled.

    Args:
        tx: the transaction.
        task_id: the task; None of this applies to it any more when somebody was faster.
        max_attempts: attempts that are charged, after which a task is given up.
        max_job_s: seconds from the first attempt after which a job is given up.
    """
    too_old = Job.started_at < func.now() - timedelta(seconds=max_job_s)
    row = await _locked(tx, task_id, _lost(max_attempts), too_old.label("too_old"))
    if row is None:
        return None
    if row.charged >= max_attempts or row.too_old:
        return await _end_as_given_up(tx, row, "the lease lapsed")
    await tx.execute(
        update(Task)
        .where(Task.id == row.id)
        .values(
            state=WorkState.QUEUED,
            lease_until=None,
            worker=None,
            dispatched_at=None,
            dispatching_until=None,
            last_error="the lease lapsed",
        )
    )
    await work.job_to(tx, row.job_id, WorkState.QUEUED, stage=None)
    event = await lifecycle.move(
        tx,
        row.video_id,
        VideoState.QUEUED,
        # Its worker may have died before it could say that it had begun.
        also_from=(VideoState.QUEUED,),
        only_from=(VideoState.PROCESSING, VideoState.QUEUED),
        stage=None,
        eta_s=None,
    )
    if event is None:
        await work.cancel_task(tx, row.id, row.job_id)
    return event


def _lost(max_attempts: int) -> ColumnElement[bool]:
    silent = and_(Task.state == WorkState.RUNNING, Task.lease_until < func.now())
    exhausted = and_(Task.state == WorkState.QUEUED, Task.charged >= max_attempts)
    return or_(silent, exhausted)


async def _locked(
    tx: AsyncConnection, task_id: uuid.UUID, where: ColumnElement[bool], *more: Any
) -> Any:
    """Lock the video of a task, then the task; None when the condition does not hold (any more)."""
    video_id = await tx.scalar(select(Task.video_id).where(Task.id == task_id))
    if video_id is None:
        return None
    await lifecycle.lock(tx, video_id)
    return (
        await tx.execute(
            select(Task.id, Task.job_id, Task.video_id, Task.charged, Task.attempt, *more)
            .join(Job, Job.id == Task.job_id)
            .where(Task.id == task_id, where)
            .with_for_update(of=Task)
        )
    ).one_or_none()


async def _end_as_given_up(tx: AsyncConnection, row: Any, error: str) -> VideoEvent | None:
    await tx.execute(
        update(Task)
        .where(Task.id == row.id)
        .values(state=WorkState.FAILED, lease_until=None, last_error=error)
    )
    await work.job_to(
        tx,
        row.job_id,
        WorkState.FAILED,
        stage=None,
        failure=asdict(work.GAVE_UP),
        finished_at=func.now(),
    )
    await work.purge_attempts(tx, row.video_id, row.job_id, row.attempt)
    return await work.fail_video(tx, row.video_id, work.GAVE_UP)
