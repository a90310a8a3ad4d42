"""Writes to jobs and videos that a task's holder and its owner have in common."""

import uuid
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import keys, videos
from core.errors import Failure, LeaseLost
from core.events import VideoEvent
from core.ids import new_id
from core.models import Job, Purge
from core.states import WORK_TRANSITIONS, VideoState, WorkState, sources_of


async def job_to(tx: AsyncConnection, job_id: uuid.UUID, state: WorkState, **values: Any) -> None:
    """Move a job to a state if its present one allows it."""
    await tx.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(sources(state)))
        .values(state=state, **values)
    )


async def fail_video(tx: AsyncConnection, video_id: uuid.UUID, failure: Failure) -> VideoEvent:
    """Have a video say why its work failed.

    Raises:
        LeaseLost: the video has been cancelled or deleted.
    """
    event = await videos.move(
        tx, video_id, VideoState.FAILED, stage=None, eta_s=None, failure=asdict(failure)
    )
    if event is None:
        raise LeaseLost
    return event


async def purge_attempts(
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


def sources(state: WorkState) -> list[WorkState]:
    """Return the states from which jobs and tasks may enter `state`."""
    return sources_of(WORK_TRANSITIONS, state)
