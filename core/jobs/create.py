"""Creates a job with one task, `inspect`, which plans the other tasks."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict, NotFound
from core.model.ids import new_id
from core.model.states import Effect, JobState, TaskState, Topic, VideoState
from core.model.tables import Job, Outbox, Task
from core.tasks import fair_order
from core.videos import lifecycle
from core.videos.lifecycle import LockedVideo

# Every job's first task: it looks at the source, writes the plan, and adds the other tasks.
FIRST_TASK = "inspect"


async def create(
    tx: AsyncConnection,
    video: LockedVideo,
    operation: str,
    params: Mapping[str, Any] | None = None,
    **video_values: Any,
) -> uuid.UUID:
    """Insert a job that makes the main outputs of a video, with its first task; return its id.

    The video is locked, and no job of it is live. `params` are the parameters of the operation;
    `video_values` are written into the row of the video.
    """
    job_id = await _insert(tx, video, operation, params or {}, Effect.REPLACE, {})
    await lifecycle.touch(
        tx,
        video.id,
        state=VideoState.QUEUED,
        failure=None,
        job_id=job_id,
        stage=None,
        progress=0.0,
        eta_s=None,
        **video_values,
    )
    return job_id


async def add(
    tx: AsyncConnection,
    video: LockedVideo,
    operation: str,
    params: Mapping[str, Any],
    spec: Mapping[str, Any],
) -> uuid.UUID:
    """Insert a job that adds something to a video, with its only task; return its id.

    The video is locked; its state stays. `params` are what was asked for, `spec` what the task
    needs beside. The job takes a second and somebody looks on: it goes before those of films.
    """
    return await _insert(tx, video, operation, params, Effect.ADD, spec, sooner=1)


async def _insert(
    tx: AsyncConnection,
    video: LockedVideo,
    operation: str,
    params: Mapping[str, Any],
    effect: Effect,
    spec: Mapping[str, Any],
    sooner: int = 0,
) -> uuid.UUID:
    job_id, task_id = new_id(), new_id()
    priority, turn = await fair_order.assign(tx, video.user_id)
    common = {
        "video_id": video.id,
        "user_id": video.user_id,
        "priority": priority + sooner,
        "turn": turn,
    }
    job = insert(Job).values(
        **common,
        id=job_id,
        operation=operation,
        params=params,
        effect=effect,
        state=JobState.QUEUED,
    )
    task = insert(Task).values(
        **common,
        id=task_id,
        job_id=job_id,
        kind=FIRST_TASK,
        key=FIRST_TASK,
        spec=spec,
        state=TaskState.QUEUED,
    )
    hint = insert(Outbox).values(topic=Topic.TASK, key=task_id)
    await tx.execute(hint.add_cte(job.cte("job"), task.cte("task")))
    return job_id


async def resting(tx: AsyncConnection, video_id: uuid.UUID) -> LockedVideo:
    """Lock a video that has arrived and is not in progress.

    Raises:
        NotFound: the video is deleted.
        Conflict: it is in progress.
    """
    video = await living(tx, video_id)
    if video.state is VideoState.UPLOADING:
        raise Conflict("This video is still being uploaded. Complete its upload first.")
    if video.state not in (VideoState.READY, VideoState.FAILED, VideoState.CANCELLED):
        raise Conflict("This video is in progress. Wait until it is ready, or cancel it first.")
    return video


async def living(tx: AsyncConnection, video_id: uuid.UUID) -> LockedVideo:
    """Lock a video that is not deleted.

    Raises:
        NotFound: it is.
    """
    found = await lifecycle.lock(tx, video_id)
    if found is None or found.state is VideoState.DELETED:
        raise NotFound("This video does not exist.")
    return found
