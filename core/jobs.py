"""What may happen to jobs and their tasks: guarded UPDATEs. Nothing else writes their states.

Each function runs in the caller's transaction and returns the event to publish once that has
committed. Rows are locked in the order task, job, video, so that two of these cannot deadlock.
"""

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import keys, videos
from core.errors import Conflict, Failure, LeaseLost
from core.events import VideoEvent
from core.ids import new_id
from core.models import Artifact, Job, Purge, Rendition, Task, Video
from core.states import WORK_TRANSITIONS, Stage, VideoState, WorkState, sources_of

GAVE_UP = Failure(
    "processing_gave_up",
    "Processing was started several times and never finished. Try again, or contact the operator.",
    retryable=True,
)
AT_REST = frozenset({VideoState.READY, VideoState.FAILED, VideoState.CANCELLED})


@dataclass(frozen=True)
class Claim:
    """A task that is ours until the lease lapses. `attempt` is the fence of every later write."""

    task_id: uuid.UUID
    job_id: uuid.UUID
    video_id: uuid.UUID
    user_id: uuid.UUID
    attempt: int
    charged: int
    operation: str
    params: dict[str, Any]
    source_key: str
    source_size: int
    source_etag: str | None

    @property
    def prefix(self) -> str:
        """Where this attempt's outputs go."""
        return keys.attempt_prefix(self.video_id, self.job_id, self.attempt)


class Unclaimable(Enum):
    """Why a task could not be claimed, and so what becomes of its message."""

    ENDED = "ended"  # delete the message
    BUSY = "busy"  # somebody holds the lease, or its time has not come: look again later


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
        Conflict: the video is in another state.
    """
    job_id = new_id()
    event = await videos.move(
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
    await tx.execute(
        insert(Task).values(id=new_id(), job_id=job_id, video_id=video_id, state=WorkState.QUEUED)
    )
    return job_id, event


async def claim(
    tx: AsyncConnection, task_id: uuid.UUID, worker: str, lease_s: float, max_attempts: int
) -> tuple[Claim, VideoEvent] | Unclaimable:
    """Take a queued task, or a running one whose lease has lapsed.

    Args:
        tx: the transaction.
        task_id: from the message.
        worker: who takes it, for people who read the table.
        lease_s: how long it is ours without a heartbeat, on the database's clock.
        max_attempts: a task that was tried this often is left to the sweep, which ends it.
    """
    lapsed = and_(Task.state == WorkState.RUNNING, Task.lease_until < func.now())
    row = (
        await tx.execute(
            update(Task)
            .where(
                Task.id == task_id,
                Task.charged < max_attempts,
                Task.available_at <= func.now(),
                or_(Task.state == WorkState.QUEUED, lapsed),
            )
            .values(
                state=WorkState.RUNNING,
                attempt=Task.attempt + 1,
                charged=Task.charged + 1,
                worker=worker,
                lease_until=func.now() + timedelta(seconds=lease_s),
                dispatched_at=func.coalesce(Task.dispatched_at, func.now()),
            )
            .returning(Task.job_id, Task.video_id, Task.attempt, Task.charged)
        )
    ).one_or_none()
    if row is None:
        state = await tx.scalar(select(Task.state).where(Task.id == task_id))
        busy = state in (WorkState.QUEUED, WorkState.RUNNING)
        return Unclaimable.BUSY if busy else Unclaimable.ENDED
    job = (
        await tx.execute(
            update(Job)
            .where(Job.id == row.job_id, Job.state.in_(_sources(WorkState.RUNNING)))
            .values(
                state=WorkState.RUNNING,
                stage=Stage.FETCHING,
                started_at=func.coalesce(Job.started_at, func.now()),
            )
            .returning(Job.user_id, Job.operation, Job.params)
        )
    ).one()
    event = await videos.move(
        tx,
        row.video_id,
        VideoState.PROCESSING,
        also_from=(VideoState.PROCESSING,),
        stage=Stage.FETCHING,
        eta_s=None,
    )
    if event is None:
        raise Conflict("The video has left the queue.")
    source = (
        await tx.execute(
            select(Video.source_key, Video.source_size, Video.source_etag).where(
                Video.id == row.video_id
            )
        )
    ).one()
    claimed = Claim(
        task_id, row.job_id, row.video_id, job.user_id, row.attempt, row.charged,
        job.operation, job.params, source.source_key, source.source_size,
        source.source_etag,
    )  # fmt: skip
    return claimed, event


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
    await _fenced(tx, held, lease_until=func.now() + timedelta(seconds=lease_s))
    await tx.execute(
        update(Job)
        .where(Job.id == held.job_id)
        .values(stage=stage, progress=func.greatest(Job.progress, progress))
    )
    return await videos.touch(
        tx,
        held.video_id,
        stage=stage,
        progress=func.greatest(Video.progress, progress),
        eta_s=eta_s,
    )


async def holds(connection: AsyncConnection, held: Claim) -> bool:
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
    await _fenced(tx, held)
    return await videos.touch(tx, held.video_id, source_media=media, stage=Stage.ENCODING)


async def succeed(tx: AsyncConnection, held: Claim, outputs: Outputs) -> VideoEvent:
    """Publish: renditions and artifacts, task and job succeeded, video ready; all or nothing.

    Raises:
        LeaseLost: the task is no longer ours; nothing was written.
    """
    await _end(tx, held, WorkState.SUCCEEDED, log_key=outputs.log_key)
    await videos.replace_outputs(tx, held.video_id)
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
    await _purge_attempts(tx, held.video_id, held.job_id, held.attempt - 1)
    event = await videos.move(
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
    await _end(tx, held, WorkState.FAILED, failure=failure, error=error, log_key=log_key)
    await _purge_attempts(tx, held.video_id, held.job_id, held.attempt)
    return await _fail_video(tx, held.video_id, failure)


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
    await _fenced(
        tx,
        held,
        state=WorkState.QUEUED,
        charged=Task.charged - (0 if charge else 1),
        lease_until=None,
        worker=None,
        available_at=func.now() + timedelta(seconds=delay_s),
        dispatched_at=None if resend else func.now(),
        last_error=error,
    )
    await _job_to(tx, held.job_id, WorkState.QUEUED, stage=None, **_known(log_key=log_key))
    event = await videos.move(tx, held.video_id, VideoState.QUEUED, stage=None, eta_s=None)
    if event is None:
        raise LeaseLost
    return event


async def cancel(tx: AsyncConnection, video_id: uuid.UUID) -> VideoEvent:
    """End whatever is queued or running for a video; its worker learns it at the next heartbeat.

    Raises:
        Conflict: nothing is queued or running.
    """
    await end_work(tx, video_id)
    event = await videos.move(tx, video_id, VideoState.CANCELLED, stage=None, eta_s=None)
    if event is None:
        raise Conflict("Only a video that is queued or being processed can be cancelled.")
    return event


async def end_work(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """Cancel every task and job of a video that has not ended."""
    rows = await tx.execute(
        update(Task)
        .where(Task.video_id == video_id, Task.state.in_(_sources(WorkState.CANCELLED)))
        .values(state=WorkState.CANCELLED, lease_until=None)
        .returning(Task.job_id, Task.attempt)
    )
    for row in rows.all():
        await _job_to(tx, row.job_id, WorkState.CANCELLED, stage=None, finished_at=func.now())
        await _purge_attempts(tx, video_id, row.job_id, row.attempt)


async def lapse(tx: AsyncConnection, max_attempts: int, limit: int = 100) -> list[VideoEvent]:
    """Return tasks whose worker fell silent to the queue, or fail those tried often enough.

    Also fails what waits and may not be claimed any more, as when the limit was lowered.
    """
    silent = and_(Task.state == WorkState.RUNNING, Task.lease_until < func.now())
    exhausted = and_(Task.state == WorkState.QUEUED, Task.charged >= max_attempts)
    rows = await tx.execute(
        select(Task.id, Task.job_id, Task.video_id, Task.charged, Task.attempt)
        .where(or_(silent, exhausted))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    events: list[VideoEvent | None] = []
    for row in rows.all():
        if row.charged >= max_attempts:
            await tx.execute(
                update(Task)
                .where(Task.id == row.id)
                .values(state=WorkState.FAILED, lease_until=None, last_error="the lease lapsed")
            )
            await _job_to(
                tx,
                row.job_id,
                WorkState.FAILED,
                stage=None,
                failure=asdict(GAVE_UP),
                finished_at=func.now(),
            )
            await _purge_attempts(tx, row.video_id, row.job_id, row.attempt)
            events.append(await _fail_video(tx, row.video_id, GAVE_UP))
            continue
        await tx.execute(
            update(Task)
            .where(Task.id == row.id)
            .values(
                state=WorkState.QUEUED,
                lease_until=None,
                worker=None,
                dispatched_at=None,
                last_error="the lease lapsed",
            )
        )
        await _job_to(tx, row.job_id, WorkState.QUEUED, stage=None)
        events.append(
            await videos.move(tx, row.video_id, VideoState.QUEUED, stage=None, eta_s=None)
        )
    return [event for event in events if event is not None]


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
    await _job_to(
        tx,
        held.job_id,
        state,
        stage=None,
        failure=asdict(failure) if failure else None,
        finished_at=func.now(),
        **done,
        **_known(log_key=log_key),
    )


async def _fenced(tx: AsyncConnection, held: Claim, **values: Any) -> None:
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


async def _job_to(tx: AsyncConnection, job_id: uuid.UUID, state: WorkState, **values: Any) -> None:
    await tx.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(_sources(state)))
        .values(state=state, **values)
    )


async def _fail_video(tx: AsyncConnection, video_id: uuid.UUID, failure: Failure) -> VideoEvent:
    event = await videos.move(
        tx, video_id, VideoState.FAILED, stage=None, eta_s=None, failure=asdict(failure)
    )
    if event is None:
        raise LeaseLost
    return event


async def _purge_attempts(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, up_to: int
) -> None:
    """Have the outputs of attempts 1 to `up_to` removed, once a silent worker has stopped too."""
    for attempt in range(1, up_to + 1):
        await tx.execute(
            insert(Purge).values(
                id=new_id(),
                prefix=keys.attempt_prefix(video_id, job_id, attempt),
                not_before=func.now() + videos.PURGE_GRACE,
            )
        )


def _sources(state: WorkState) -> list[WorkState]:
    return sources_of(WORK_TRANSITIONS, state)


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
