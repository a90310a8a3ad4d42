"""Writes how an attempt ended: the task succeeded, failed, or is given back.

Each function runs in the caller's transaction. It locks the video first, writes under the fence,
and updates the states of job and video. It raises `LeaseLost` and writes nothing when the task does
not belong to this attempt any more.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure, LeaseLost
from core.jobs.cancel import cancel_tasks
from core.jobs.project import project
from core.model.ids import new_id
from core.model.states import AssetKind, AssetState, Effect, Outcome, TaskState
from core.model.tables import Asset, Job, Span, Task, TaskAttempt, TaskNeed, Track
from core.outbox.write import hint
from core.tasks.claim import Claim, Work
from core.tasks.lease import ours
from core.videos import lifecycle, purges
from core.videos.lifecycle import LockedVideo
from core.videos.texts import FoundText, add_found


@dataclass(frozen=True)
class NewAsset:
    """Something that an attempt has stored; sizes in bytes, seconds, bits a second.

    `layout` is that of a storyboard's sheet: see `core/model/sheets.py`.
    """

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
    layout: dict[str, Any] | None = None


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


NOTHING = Ending()


async def succeed(
    tx: AsyncConnection,
    work: Work,
    assets: Sequence[NewAsset],
    ending: Ending = NOTHING,
    texts: Sequence[FoundText] = (),
    **facts: Any,
) -> None:
    """End a task well; what it has made is seen once its whole job has succeeded.

    Args:
        tx: the transaction.
        work: the task.
        assets: what it has stored.
        ending: of the attempt.
        texts: what it has found beside the picture, and stored.
        **facts: `notes` of the job; `plan` and `source_media`, where more is known now than when
            it was planned.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await lock(tx, work)
    await end(tx, work, TaskState.SUCCEEDED, Outcome.SUCCEEDED, ending)
    if assets:
        common = {
            "video_id": work.video_id,
            "job_id": work.job_id,
            "is_main": work.effect == Effect.REPLACE,
            "state": AssetState.STAGED,
        }
        await tx.execute(
            insert(Asset).values([{"id": new_id(), **common, **asdict(each)} for each in assets])
        )
    await add_found(tx, work.video_id, work.job_id, texts)
    await purges.schedule_attempts(tx, work.video_id, work.job_id, work.key, work.attempt - 1)
    if work.is_needed:
        await _unblock(tx, work)
    await project(tx, video, work.job_id, **of_job(ending), **facts)


async def fail(
    tx: AsyncConnection, claim: Claim, failure: Failure, ending: Ending = NOTHING
) -> None:
    """End a task for good, and with it its job.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await lock(tx, claim)
    await end(tx, claim, TaskState.FAILED, Outcome.FAILED, ending)
    await purges.schedule_attempts(tx, claim.video_id, claim.job_id, claim.key, claim.attempt)
    await cancel_tasks(tx, claim.video_id, claim.job_id)
    await project(tx, video, claim.job_id, failure=failure, **of_job(ending))


async def give_back(
    tx: AsyncConnection,
    claim: Claim,
    *,
    delay_s: float,
    charge: bool,
    outcome: Outcome = Outcome.RETRIED,
    ending: Ending = NOTHING,
) -> None:
    """Give a task back to the queue, not to be claimed for `delay_s` seconds.

    `charge` says whether the attempt counts; a drained worker's does not.

    Raises:
        LeaseLost: nothing was written.
    """
    video = await lock(tx, claim)
    await end(
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
    await project(tx, video, claim.job_id, **of_job(ending))


async def abandon(
    tx: AsyncConnection, claim: Claim, unlisted: Collection[str] = frozenset()
) -> None:
    """Have the outputs and the log of an attempt that lost its lease removed, unless published.

    Its worker is the last who can have written there, and the others may have looked before.
    `unlisted` are keys of segments that it has stored, perhaps without listing them.
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
        await purges.schedule_removal(tx, claim.prefix, wait=purges.NOW)
    if await tx.scalar(named) is None:
        await purges.schedule_removal(tx, claim.log_key, wait=purges.NOW)
    await remove_unlisted(tx, claim, unlisted)


async def remove_unlisted(tx: AsyncConnection, claim: Claim, keys: Collection[str]) -> None:
    """Have segments of a job removed of which its list knows nothing."""
    if keys:
        # No index has keys; those of a job are few.
        known = select(Span.s3_key).join(Track, Track.id == Span.track_id)
        listed = await tx.scalars(known.where(Track.job_id == claim.job_id, Span.s3_key.in_(keys)))
        await purges.schedule_removal(tx, *set(keys).difference(listed.all()), wait=purges.NOW)


async def lock(tx: AsyncConnection, claim: Claim) -> LockedVideo:
    """Lock the video of a claim; raises `LeaseLost` when it is gone."""
    video = await lifecycle.lock(tx, claim.video_id)
    if video is None:
        raise LeaseLost
    return video


async def end(
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


def of_job(ending: Ending) -> dict[str, Any]:
    """Return what is written of the job when an attempt ends so."""
    values: dict[str, Any] = {}
    if ending.log_key is not None:
        values["log_key"] = ending.log_key
    if ending.cpu_seconds:
        values["cpu_seconds"] = Job.cpu_seconds + ending.cpu_seconds
    return values


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
            available_at=func.now(),
            state=case((Task.blocked_by == 1, TaskState.QUEUED), else_=Task.state),
        )
        .returning(Task.id, Task.state)
    )
    await hint(tx, [row.id for row in rows.all() if row.state == TaskState.QUEUED])
