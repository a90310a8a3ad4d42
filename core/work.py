"""Writes to jobs and videos that a task's holder and its owner have in common.

The caller has locked the video (`videos.lock`).
"""

import uuid
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure
from core.events import VideoEvent
from core.model import object_keys
from core.model.ids import new_id
from core.model.states import WORK_TRANSITIONS, VideoState, WorkState, sources_of
from core.model.tables import Job, Purge, Task
from core.videos import lifecycle

GAVE_UP = Failure(
    "processing_gave_up",
    "Processing was started several times and never finished. Try again, or contact the operator.",
    retryable=True,
)


async def job_to(tx: AsyncConnection, job_id: uuid.UUID, state: WorkState, **values: Any) -> None:
    """Move a job to a state if its present one allows it."""
    await tx.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(sources(state)))
        .values(state=state, **values)
    )


async def fail_video(
    tx: AsyncConnection, video_id: uuid.UUID, failure: Failure
) -> VideoEvent | None:
    """Have a video say why its work failed; None when it has been cancelled or deleted."""
    return await lifecycle.move(
        tx, video_id, VideoState.FAILED, stage=None, eta_s=None, failure=asdict(failure)
    )


async def cancel_task(tx: AsyncConnection, task_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """End a task that nothing can come of any more, and its job."""
    await tx.execute(
        update(Task)
        .where(Task.id == task_id, Task.state.in_(sources(WorkState.CANCELLED)))
        .values(state=WorkState.CANCELLED, lease_until=None)
    )
    await job_to(tx, job_id, WorkState.CANCELLED, stage=None, finished_at=func.now())


async def purge_attempts(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, up_to: int
) -> None:
    """Have the outputs of attempts 1 to `up_to` removed, once a silent worker has stopped too."""
    for attempt in range(1, up_to + 1):
        await purge(
            tx,
            object_keys.attempt_prefix(video_id, job_id, attempt),
            not_before=func.now() + lifecycle.PURGE_GRACE,
        )


async def purge(
    tx: AsyncConnection,
    prefix: str,
    s3_upload_id: str | None = None,
    not_before: Any = None,
) -> None:
    """Have what is under a prefix removed, or a multipart upload aborted, by the next sweep."""
    await tx.execute(
        insert(Purge).values(
            id=new_id(),
            prefix=prefix,
            s3_upload_id=s3_upload_id,
            not_before=func.now() if not_before is None else not_before,
        )
    )


def sources(state: WorkState) -> list[WorkState]:
    """Return the states from which jobs and tasks may enter `state`."""
    return sources_of(WORK_TRANSITIONS, state)
