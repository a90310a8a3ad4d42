"""Writes to the video row: each raises its version and puts an event into the outbox.

The row is also the lock (`lock`) for everything that an owner does to a video, and for every write
that changes more than one task's own row. It is locked before any job, task or upload of the video.
So two writers of one video wait for each other and cannot deadlock.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.states import VideoState
from core.model.tables import Video
from core.outbox import write

# Written with a deletion: it removes all that people and cameras wrote about the video. The row
# stays for a while, so that clients can learn that the video is deleted; see `removal.py`.
FORGOTTEN: dict[str, Any] = {
    "title": "",
    "source_filename": "",
    "source_media": None,
    "source_etag": None,
    "failure": None,
    "poster_key": None,
    "stage": None,
    "eta_s": None,
}


@dataclass(frozen=True)
class LockedVideo:
    """A video as it is until the transaction that locked it ends; sizes in bytes."""

    id: uuid.UUID
    user_id: uuid.UUID
    state: VideoState
    job_id: uuid.UUID | None
    playable_at: datetime | None
    source_key: str
    source_size: int
    source_etag: str | None


_LOCKED = [getattr(Video, name) for name in LockedVideo.__dataclass_fields__]


async def lock(tx: AsyncConnection, video_id: uuid.UUID) -> LockedVideo | None:
    """Have all others who want to change a video wait until the transaction ends.

    Returns:
        The video; None when there is none. One that is deleted is returned like any other.
    """
    row = (
        await tx.execute(
            select(*_LOCKED)
            .where(Video.id == video_id)
            # Not against those who only refer to the row: an insert of a job or a task.
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    if row is None:
        return None
    return LockedVideo(**{**row._mapping, "state": VideoState(row.state)})  # noqa: SLF001


async def touch(
    tx: AsyncConnection, video_id: uuid.UUID, *, also: CTE | None = None, **values: Any
) -> bool:
    """Change a video that is not deleted, and in the same statement `also`; False if it is."""
    changed = (
        update(Video)
        .where(Video.id == video_id, Video.state != VideoState.DELETED)
        .values(version=Video.version + 1, updated_at=func.now(), **values)
        .returning(Video.id, Video.user_id, Video.version)
        .cte("changed")
    )
    statement = write.of_video(changed)
    told = await tx.execute(statement if also is None else statement.add_cte(also))
    return bool(told.rowcount)
