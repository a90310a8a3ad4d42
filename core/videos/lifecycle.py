"""Writes to the video row: every one raises its version and says so in an event.

The row is also the lock of all that an owner does to a video (`lock`), and of every write that
concerns more than a task's own row. Whoever takes it takes it first: before a job, a task or an
upload of that video. So two who want the same video wait for each other and cannot deadlock.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.events import VideoEvent
from core.model.ids import new_id
from core.model.states import VIDEO_TRANSITIONS, VideoState, sources_of
from core.model.tables import Artifact, Purge, Rendition, Video

# A worker that lost its lease stops at its next heartbeat, or when its last request ends.
PURGE_GRACE = timedelta(minutes=2)
# Written with a deletion: what people and their cameras said of a film goes with it. The row itself
# stays for a while, for those who must be told that it is gone; see `removal.py`.
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

    user_id: uuid.UUID
    state: VideoState
    source_key: str
    source_size: int
    source_etag: str | None


async def lock(tx: AsyncConnection, video_id: uuid.UUID) -> LockedVideo | None:
    """Have all others who want to change a video wait until the transaction ends.

    Returns:
        The video; None when there is none. One that is deleted is returned like any other.
    """
    row = (
        await tx.execute(
            select(
                Video.user_id,
                Video.state,
                Video.source_key,
                Video.source_size,
                Video.source_etag,
            )
            .where(Video.id == video_id)
            # Not against those who only refer to the row: an insert of a job or a task.
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    if row is None:
        return None
    return LockedVideo(
        row.user_id, VideoState(row.state), row.source_key, row.source_size, row.source_etag
    )


async def move(
    tx: AsyncConnection,
    video_id: uuid.UUID,
    state: VideoState,
    *,
    also_from: Iterable[VideoState] = (),
    only_from: Collection[VideoState] = frozenset(VideoState),
    **values: Any,
) -> VideoEvent | None:
    """Enter a state if the present one allows it; None when it does not.

    Args:
        tx: the transaction.
        video_id: the video.
        state: the state to enter.
        also_from: states that may be left for it besides those of the table.
        only_from: the states of the table that the caller means.
        **values: what else to write.
    """
    allowed = [*sources_of(VIDEO_TRANSITIONS, state), *also_from]
    allowed = [source for source in allowed if source in only_from]
    return await _write(tx, video_id, allowed, state=state, **values)


async def touch(tx: AsyncConnection, video_id: uuid.UUID, **values: Any) -> VideoEvent | None:
    """Change what is told about a video without changing its state; None when it is deleted."""
    allowed = list(VideoState)
    allowed.remove(VideoState.DELETED)
    return await _write(tx, video_id, allowed, **values)


async def replace_outputs(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """Take away what an earlier job published and have the objects removed."""
    for table in (Rendition, Artifact):
        rows = await tx.execute(
            delete(table).where(table.video_id == video_id).returning(table.s3_key)
        )
        for key in rows.scalars().all():
            await tx.execute(
                insert(Purge).values(id=new_id(), prefix=key, not_before=func.now() + PURGE_GRACE)
            )


async def _write(
    tx: AsyncConnection, video_id: uuid.UUID, allowed: list[VideoState], **values: Any
) -> VideoEvent | None:
    row = (
        await tx.execute(
            update(Video)
            .where(Video.id == video_id, Video.state.in_(allowed))
            .values(version=Video.version + 1, updated_at=func.now(), **values)
            .returning(Video.user_id, Video.version)
        )
    ).one_or_none()
    return None if row is None else VideoEvent(row.user_id, video_id, row.version)
