"""Creates a job with one task, `inspect`, which plans the other tasks."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict, NotFound
from core.model.ids import new_id
from core.model.states import Effect, JobState, TaskState, VideoState
from core.model.tables import Job, Task
from core.outbox.write import hints_of
from core.tasks import fair_order
from core.videos import lifecycle
from core.videos.lifecycle import LockedVideo

AT_REST = frozenset({VideoState.READY, VideoState.FAILED, VideoState.CANCELLED})
# Every job's first task: it looks at the source, writes the plan, and adds the other tasks.
FIRST_TASK = "inspect"


async def create(
    tx: AsyncConnection,
    video_id: uuid.UUID,
    operation: str,
    params: dict[str, Any] | None = None,
    *,
    only_from: Collection[VideoState] = AT_REST,
    **video_values: Any,
) -> uuid.UUID:
    """Insert a job that makes the main outputs of a video, with its first task.

    Args:
        tx: the transaction.
        video_id: the video.
        operation: what is asked of it.
        params: of the operation.
        only_from: the states that the video may be in; by default it has arrived and rests.
        **video_values: what else to write of a video that enters the queue.

    Returns:
        The job's id.

    Raises:
        NotFound: the video is deleted.
        Conflict: the video is in another state.
    """
    video = await resting(tx, video_id, only_from)
    job_id = new_id()
    priority, turn = await fair_order.assign(tx, video.user_id)
    common = {
        "video_id": video_id,
        "user_id": video.user_id,
        "priority": priority,
        "turn": turn,
    }
    job = insert(Job).values(
        **common,
        id=job_id,
        operation=operation,
        params=params or {},
        effect=Effect.REPLACE,
        state=JobState.QUEUED,
    )
    task = insert(Task).values(
        **common,
        id=new_id(),
        job_id=job_id,
        kind=FIRST_TASK,
        key=FIRST_TASK,
        state=TaskState.QUEUED,
    )
    added = task.returning(Task.id).cte("task")
    await tx.execute(hints_of(added).add_cte(job.cte("job")))
    await lifecycle.touch(
        tx,
        video_id,
        state=VideoState.QUEUED,
        failure=None,
        job_id=job_id,
        stage=None,
        progress=0.0,
        eta_s=None,
        **video_values,
    )
    return job_id


async def resting(
    tx: AsyncConnection, video_id: uuid.UUID, only_from: Collection[VideoState] = AT_REST
) -> LockedVideo:
    """Lock a video that a job may be created for.

    Raises:
        NotFound: the video is deleted.
        Conflict: the video is in another state.
    """
    video = await living(tx, video_id)
    if video.state not in only_from:
        if video.state is VideoState.UPLOADING:
            raise Conflict("This video is still being uploaded. Complete its upload first.")
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
