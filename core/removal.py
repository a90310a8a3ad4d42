"""Deleting a video with everything that is stored for it."""

import uuid

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import jobs, keys, uploads, videos
from core.events import VideoEvent
from core.ids import new_id
from core.models import Purge
from core.states import VideoState


async def delete_video(tx: AsyncConnection, video_id: uuid.UUID) -> VideoEvent | None:
    """Delete a video in the caller's transaction; None when it is deleted already."""
    await uploads.discard_open(tx, video_id)
    await jobs.end_work(tx, video_id)
    await videos.replace_outputs(tx, video_id)
    # Once more when a worker that had not yet heard of it must have stopped.
    await tx.execute(
        insert(Purge).values(
            id=new_id(),
            prefix=keys.video_prefix(video_id),
            not_before=func.now() + videos.PURGE_GRACE,
        )
    )
    return await videos.move(tx, video_id, VideoState.DELETED)
