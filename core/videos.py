"""Writes to the video row: every one raises its version and says so in an event."""

import uuid
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.events import VideoEvent
from core.ids import new_id
from core.models import Artifact, Purge, Rendition, Video
from core.states import VIDEO_TRANSITIONS, VideoState, sources_of

# A worker that lost its lease stops at its next heartbeat, or when its last request ends.
PURGE_GRACE = timedelta(minutes=2)


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


async def touch(tx: AsyncConnection, video_id: uuid.UUID, **values: Any) -> VideoEvent:
    """Change what is told about a video without changing its state.

    Raises:
        LookupError: the video is deleted.
    """
    allowed = list(VideoState)
    allowed.remove(VideoState.DELETED)
    event = await _write(tx, video_id, allowed, **values)
    if event is None:
        raise LookupError(f"video {video_id} is deleted")
    return event


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
