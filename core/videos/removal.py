"""Deletes a video: its objects, rows and names.

A deletion has two steps. The first is done at once: the video is hidden, its jobs end, its names
are removed. A worker, or an upload that S3 completes at that moment, may still write objects. So
the row stays for a while, and those objects are removed too. When no object is left under its
prefix, all rows of the video are removed.
"""

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.jobs.cancel import end_work
from core.model import object_keys
from core.model.states import VideoState
from core.model.tables import (
    Asset,
    Job,
    OldTask,
    Outbox,
    Purge,
    Share,
    Task,
    TextTrack,
    Track,
    Upload,
    Video,
)
from core.uploads import upload_lifecycle
from core.videos import lifecycle, purges


async def delete_video(tx: AsyncConnection, video_id: uuid.UUID) -> list[uuid.UUID] | None:
    """Delete a video; its work is ended.

    Returns:
        The jobs that were ended; None when there is no such video, or not any more.
    """
    found = await lifecycle.lock(tx, video_id)
    if found is None or found.state is VideoState.DELETED:
        return None
    await upload_lifecycle.discard_open(tx, video_id)
    ended = await end_work(tx, video_id)
    for table in (Asset, Share, Track, TextTrack):
        await tx.execute(delete(table).where(table.video_id == video_id))
    # When a worker that had not yet heard of it must have stopped; sooner is up to the caller.
    await purges.schedule_removal(tx, object_keys.video_prefix(video_id))
    await lifecycle.touch(tx, video_id, state=VideoState.DELETED, **lifecycle.FORGOTTEN)
    return ended


def forgettable(after_s: float) -> Select[uuid.UUID]:
    """Return the statement for videos that were deleted so many seconds ago."""
    return select(Video.id).where(_forgettable(after_s)).order_by(Video.updated_at)


async def forget(db: Database, storage: Storage, after_s: float, video_id: uuid.UUID) -> bool:
    """Remove the last of a video that was deleted: its objects, then its rows.

    Raises:
        Unavailable: the store does not answer, or does not let something go: the rows stay.
    """
    prefix = object_keys.video_prefix(video_id)
    await storage.abort_uploads(prefix)
    await storage.delete_prefix(prefix)
    async with db.begin() as tx:
        found = await lifecycle.lock(tx, video_id)
        if found is None or found.state is not VideoState.DELETED:
            return False
        for table in (OldTask, Task, Asset, Job, Upload):
            await tx.execute(delete(table).where(table.video_id == video_id))
        await tx.execute(delete(Purge).where(Purge.prefix.startswith(prefix)))
        await tx.execute(delete(Outbox).where(Outbox.key == video_id))  # it names the owner
        gone = await tx.execute(delete(Video).where(Video.id == video_id, _forgettable(after_s)))
        return bool(gone.rowcount)


def _forgettable(after_s: float) -> ColumnElement[bool]:
    return and_(
        Video.state == VideoState.DELETED,
        Video.updated_at < func.now() - timedelta(seconds=after_s),
    )
