"""A task in its worker's hands: claimed, begun, kept, and ended or given back. Guarded UPDATEs.

A claim touches the row of its task and no other, so nothing but that row can refuse it. What else
must be written when work begins follows in a transaction of its own (`begin`), which also settles
what turns out to be impossible.

Every write carries the attempt, the fence: once the task is somebody else's it changes nothing.
Each function runs in the caller's transaction and returns the event to publish once that has
committed. All but the claim lock the video first, then its job and task, here and in `jobs.py`, so
that two of them cannot deadlock.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import setbacks, work
from core.errors import BadRow, Failure, LeaseLost
from core.events import VideoEvent
from core.model import object_keys
from core.model.ids import new_id
from core.model.states import Stage, VideoState, WorkState
from core.model.tables import Artifact, Job, Rendition, Task, Video
from core.tasks import fair_order
from core.videos import lifecycle

_PUT_BACK = timedelta(seconds=30)  # a task that could not begin: whatever was wrong may have passed


@dataclass(frozen=True)
class Taken:
    """A task that is ours until the lease lapses. `attempt` is the fence of every later write."""

    task_id: uuid.UUID
    job_id: uuid.UUID
    video_id: uuid.UUID
    attempt: int
    charged: int


@dataclass(frozen=True)
class Claim(Taken):
    """A task that is ours and has begun, with what there is to know of it; sizes in bytes."""

    user_id: uuid.UUID
    job_age_s: float  # seconds since the job's first attempt began, at the time of this claim
    operation: str
    params: dict[str, Any]
    source_key: str
    source_size: int
    source_etag: str | None

    @property
    def prefix(self) -> str:
        """Where this attempt's outputs go."""
        return object_keys.attempt_prefix(self.video_id, self.job_id, self.attempt)


class Unclaimable(Enum):
    """Why a task could not be claimed, and so what becomes of its message."""

    ENDED = "ended"  # the message has nothing more to say
    BUSY = "busy"  # somebody holds it, or it waits: whoever changes that sends a message anew
    LATER = "later"  # others wait whose rows are locked just now: ask again


@dataclass(frozen=True)
class RenditionRow:
    """A rendition as it is published; sizes in bytes, times in seconds, rates in bits a second."""

    name: str
    s3_key: str
    width: int
    height: int
    size: int
    duration: float
    bitrate: int
    video_codec: str
    audio_codec: str | None


@dataclass(frozen=True)
class Outputs:
    """Everything that becomes visible at once when a job succeeds."""

    renditions: tuple[RenditionRow, ...]
    poster_key: str | None = None
    poster_size: int = 0
    log_key: str | None = None


async def claim_next(
    tx: AsyncConnection,
    named: uuid.UUID,
    worker: str,
    lease_s: float,
    max_attempts: int,
) -> Taken | Unclaimable:
    """Take the task whose turn it is, whichever the message names.

    With no other to be had the named one is tried: its lease may have lapsed, or somebody may
    have had its row locked for a moment.

    Args:
        tx: the transaction.
        named: by the message.
        worker: who takes it, for people who read the table.
        lease_s: how long it is ours without a heartbeat, on the database's clock.
        max_attempts: a task that was tried this often is left to the sweep, which ends it.

    Raises:
        BadRow: the row of the chosen task cannot be written; set it back, and ask again.
    """
    chosen = await fair_order.take(tx, max_attempts)
    found = await claim(tx, chosen or named, worker, lease_s, max_attempts)
    if isinstance(found, Unclaimable) and await fair_order.waits(tx, max_attempts):
        return Unclaimable.LATER
    return found


async def claim(
    tx: AsyncConnection, task_id: uuid.UUID, worker: str, lease_s: float, max_attempts: int
) -> Taken | Unclaimable:
    """Take one task that is queued, or running with a lapsed lease; otherwise as `claim_next`."""
    lapsed = and_(Task.state == WorkState.RUNNING, Task.lease_until < func.now())
    statement = (
        update(Task)
        .where(
            # Whoever has it locked is at it: to wait for them would keep us from the others.
            Task.id
            == select(Task.id)
            .where(Task.id == task_id)
            .with_for_update(skip_locked=True)
            .scalar_subquery(),
            Task.charged < max_attempts,
            Task.available_at <= func.now(),
            or_(Task.state == WorkState.QUEUED, lapsed),
            setbacks.clear_of(setbacks.Kind.CLAIM, Task.id),
        )
        .values(
            state=WorkState.RUNNING,
            attempt=Task.attempt + 1,
            charged=Task.charged + 1,
            worker=worker,
            lease_until=func.now() + timedelta(seconds=lease_s),
            # Whoever is about to stamp it as sent must not: it may be given back before that.
            dispatching_until=None,
            dispatched_at=func.coalesce(Task.dispatched_at, func.now()),
        )
        .returning(Task.job_id, Task.video_id, Task.attempt, Task.charged)
    )
    try:
        row = (await tx.execute(statement)).one_or_none()
    except DBAPIError as error:
        raise BadRow(task_id) from error
    if row is None:
        state = await tx.scalar(select(Task.state).where(Task.id == task_id))
        busy = state in (WorkState.QUEUED, WorkState.RUNNING)
        return Unclaimable.BUSY if busy else Unclaimable.ENDED
    return Taken(task_id, row.job_id, row.video_id, row.attempt, row.charged)


async def begin(tx: AsyncConnection, taken: Taken) -> tuple[Claim | None, VideoEvent | None]:
    """Have a task that was claimed begin: its job runs, its video is being processed.

    Returns:
        What there is to know of it, and the event. No claim when nothing can come of it, because
        its job or its video has left the queue: then the task has been ended.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    video = await lifecycle.lock(tx, taken.video_id)
    await _fenced(tx, taken)
    job = (
        await tx.execute(
            update(Job)
            .where(Job.id == taken.job_id, Job.state.in_(work.sources(WorkState.RUNNING)))
            .values(
                state=WorkState.RUNNING,
                stage=Stage.FETCHING,
                started_at=func.coalesce(Job.started_at, func.now()),
            )
            .returning(
                Job.operation,
                Job.params,
                func.extract("epoch", func.now() - Job.started_at).label("age_s"),
            )
        )
    ).one_or_none()
    if job is None:
        await work.cancel_task(tx, taken.task_id, taken.job_id)
        return None, await work.fail_video(tx, taken.video_id, work.GAVE_UP)
    event = await lifecycle.move(
        tx,
        taken.video_id,
        VideoState.PROCESSING,
        also_from=(VideoState.PROCESSING,),
        stage=Stage.FETCHING,
        eta_s=None,
    )
    if video is None or event is None:
        await work.cancel_task(tx, taken.task_id, taken.job_id)
        return None, None
    begun = Claim(
        **vars(taken),
        user_id=video.user_id,
        job_age_s=float(job.age_s),
        operation=job.operation,
        params=job.params,
        source_key=video.source_key,
        source_size=video.source_size,
        source_etag=video.source_etag,
    )
    return begun, event


async def put_back(tx: AsyncConnection, taken: Taken, error: str, *, charge: bool) -> None:
    """Give a task back that could not begin; the sweep ends it once it was tried often enough.

    Args:
        tx: the transaction.
        taken: the claim that is given up.
        error: what happened, for the operator.
        charge: whether the attempt counts.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    await _fenced(
        tx,
        taken,
        state=WorkState.QUEUED,
        charged=Task.charged - (0 if charge else 1),
        lease_until=None,
        worker=None,
        available_at=func.now() + _PUT_BACK,
        dispatched_at=None,
        dispatching_until=None,
        last_error=error,
    )


async def abandon(tx: AsyncConnection, held: Claim) -> None:
    """Have the outputs and the log of an attempt that lost its lease removed, unless published.

    Its worker is the last who can have written there, and the others may have looked before.
    """
    published = (
        select(Rendition.id)
        .where(Rendition.video_id == held.video_id, Rendition.s3_key.startswith(held.prefix))
        .limit(1)
    )
    log_key = object_keys.job_log(held.video_id, held.job_id, held.attempt)
    named = select(Job.id).where(Job.id == held.job_id, Job.log_key == log_key)
    await lifecycle.lock(tx, held.video_id)
    if await tx.scalar(published) is None:
        await work.purge(tx, held.prefix)
    if await tx.scalar(named) is None:
        await work.purge(tx, log_key)


async def heartbeat(
    tx: AsyncConnection,
    held: Claim,
    lease_s: float,
    *,
    stage: Stage,
    progress: float,
    eta_s: float | None,
) -> VideoEvent:
    """Extend the lease and tell how far the task is; `progress` in percent never goes back.

    Raises:
        LeaseLost: the task was cancelled, ended or taken over.
    """
    event = await lifecycle.touch(
        tx,
        held.video_id,
        stage=stage,
        progress=func.greatest(Video.progress, progress),
        eta_s=eta_s,
    )
    if event is None:
        raise LeaseLost
    await tx.execute(
        update(Job)
        .where(Job.id == held.job_id)
        .values(stage=stage, progress=func.greatest(Job.progress, progress))
    )
    await _fenced(tx, held, lease_until=func.now() + timedelta(seconds=lease_s))
    return event


async def holds(connection: AsyncConnection, held: Taken) -> bool:
    """Tell whether the task is still this attempt's."""
    found = await connection.scalar(
        select(Task.id).where(
            Task.id == held.task_id,
            Task.attempt == held.attempt,
            Task.state == WorkState.RUNNING,
        )
    )
    return found is not None


async def describe_source(tx: AsyncConnection, held: Claim, media: dict[str, Any]) -> VideoEvent:
    """Store what the inspection found.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    event = await lifecycle.touch(tx, held.video_id, source_media=media, stage=Stage.ENCODING)
    await _fenced(tx, held)
    if event is None:
        raise LeaseLost
    return event


async def succeed(tx: AsyncConnection, held: Claim, outputs: Outputs) -> VideoEvent:
    """Publish: renditions and artifacts, task and job succeeded, video ready; all or nothing.

    Raises:
        LeaseLost: the task is no longer ours; nothing was written.
    """
    await lifecycle.lock(tx, held.video_id)
    await _end(tx, held, WorkState.SUCCEEDED, log_key=outputs.log_key)
    await lifecycle.replace_outputs(tx, held.video_id)
    await tx.execute(
        insert(Rendition),
        [
            {"id": new_id(), "video_id": held.video_id, "job_id": held.job_id, **asdict(row)}
            for row in outputs.renditions
        ],
    )
    if outputs.poster_key:
        await tx.execute(
            insert(Artifact).values(
                id=new_id(),
                video_id=held.video_id,
                job_id=held.job_id,
                kind="poster",
                s3_key=outputs.poster_key,
                size=outputs.poster_size,
            )
        )
    await work.purge_attempts(tx, held.video_id, held.job_id, held.attempt - 1)
    event = await lifecycle.move(
        tx,
        held.video_id,
        VideoState.READY,
        stage=None,
        progress=100.0,
        eta_s=None,
        failure=None,
        poster_key=outputs.poster_key,
    )
    if event is None:
        raise LeaseLost
    return event


async def fail(
    tx: AsyncConnection, held: Claim, failure: Failure, *, error: str, log_key: str | None = None
) -> VideoEvent:
    """End the task, its job and the video as failed.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    await lifecycle.lock(tx, held.video_id)
    await _end(tx, held, WorkState.FAILED, failure=failure, error=error, log_key=log_key)
    await work.purge_attempts(tx, held.video_id, held.job_id, held.attempt)
    event = await work.fail_video(tx, held.video_id, failure)
    if event is None:
        raise LeaseLost
    return event


async def release(
    tx: AsyncConnection,
    held: Claim,
    *,
    delay_s: float,
    charge: bool,
    resend: bool = True,
    error: str | None = None,
    log_key: str | None = None,
) -> VideoEvent:
    """Give the task back to the queue.

    Args:
        tx: the transaction.
        held: the claim that is given up.
        delay_s: not to be claimed before that many seconds have passed.
        charge: whether the attempt counts; a drained worker's does not.
        resend: whether a new message is needed; not when the old one is shown again at once.
        error: what happened, for the operator.
        log_key: where the attempt's log lies.

    Raises:
        LeaseLost: the task is no longer ours.
    """
    await lifecycle.lock(tx, held.video_id)
    await _fenced(
        tx,
        held,
        state=WorkState.QUEUED,
        charged=Task.charged - (0 if charge else 1),
        lease_until=None,
        worker=None,
        available_at=func.now() + timedelta(seconds=delay_s),
        dispatched_at=None if resend else func.now(),
        dispatching_until=None,
        last_error=error,
    )
    await work.job_to(tx, held.job_id, WorkState.QUEUED, stage=None, **_known(log_key=log_key))
    event = await lifecycle.move(
        tx,
        held.video_id,
        VideoState.QUEUED,
        only_from=(VideoState.PROCESSING,),
        stage=None,
        eta_s=None,
    )
    if event is None:
        raise LeaseLost
    return event


async def _end(
    tx: AsyncConnection,
    held: Claim,
    state: WorkState,
    *,
    failure: Failure | None = None,
    error: str | None = None,
    log_key: str | None = None,
) -> None:
    await _fenced(tx, held, state=state, lease_until=None, last_error=error)
    done = {"progress": 100.0} if state is WorkState.SUCCEEDED else {}
    await work.job_to(
        tx,
        held.job_id,
        state,
        stage=None,
        failure=asdict(failure) if failure else None,
        finished_at=func.now(),
        **done,
        **_known(log_key=log_key),
    )


async def _fenced(tx: AsyncConnection, held: Taken, **values: Any) -> None:
    """Write to the task only while it is still this attempt's."""
    result = await tx.execute(
        update(Task)
        .where(
            Task.id == held.task_id,
            Task.attempt == held.attempt,
            Task.state == WorkState.RUNNING,
        )
        .values(values or {"attempt": Task.attempt})
    )
    if result.rowcount == 0:
        raise LeaseLost


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
