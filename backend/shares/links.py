"""The links of a video in the database."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Principal, Services
from backend.http.paging import decode_cursor
from backend.shares.schemas import NewShare
from core import accounts
from core.errors import Conflict, NotFound
from core.model.ids import new_id, new_token
from core.model.states import VideoState
from core.model.tables import Share, Video
from core.videos import lifecycle
from core.videos.shares import is_alive

MOST = 100  # links that work, of one video
_TOKEN_BITS = 128
_COLUMNS: list[Any] = [
    Share.id, Share.video_id, Share.token, Share.allowed_origins, Share.download,
    Share.expires_at, Share.created_at,
]  # fmt: skip


async def create(user: Principal, video_id: uuid.UUID, wanted: NewShare) -> uuid.UUID:
    """Make a link; return its id.

    Raises:
        NotFound: there is no such video, or it is somebody else's.
        Conflict: `too_many_shares`.
    """
    async with user.services.db.begin() as tx:
        # The video first, as all do who lock both. The lock also has two who ask at once count one
        # after the other.
        video = await lifecycle.lock(tx, video_id)
        if video is None or video.user_id != user.user_id or video.state is VideoState.DELETED:
            raise _no_video()
        await accounts.require_open(tx, user.user_id)
        alive = select(func.count()).where(Share.video_id == video_id, is_alive())
        if (await tx.scalar(alive) or 0) >= MOST:
            raise Conflict(f"A video has at most {MOST} links. End one first.", "too_many_shares")
        await _forget_oldest(tx, video_id)
        share_id = new_id()
        row = {"id": share_id, "video_id": video_id, "token": new_token(_TOKEN_BITS)}
        await tx.execute(insert(Share).values(**row, **wanted.model_dump()))
    return share_id


async def of_video(
    user: Principal, video_id: uuid.UUID, *, most: int, cursor: str | None = None
) -> Sequence[Row[Any]]:
    """Return the links of a video, newest first.

    Raises:
        NotFound: there is no such video, or it is somebody else's.
    """
    statement = (
        select(*_COLUMNS).where(Share.video_id == video_id).order_by(Share.id.desc()).limit(most)
    )
    if cursor is not None:
        statement = statement.where(Share.id < decode_cursor(cursor))
    async with user.services.db.autocommit() as connection:
        owned = select(Video.id).where(Video.id == video_id, *_own(user))
        if await connection.scalar(owned) is None:
            raise _no_video()
        return (await connection.execute(statement)).all()


async def one(user: Principal, share_id: uuid.UUID) -> Row[Any] | None:
    """Return a link of the user; None if it has ended."""
    statement: Select[Any] = select(*_COLUMNS).join(Video).where(Share.id == share_id, *_own(user))
    async with user.services.db.autocommit() as connection:
        found: Row[Any] | None = (await connection.execute(statement)).one_or_none()
    return found


async def end(user: Principal, video_id: uuid.UUID, share_id: uuid.UUID) -> None:
    """End a link, with all that was made by it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    own = select(Video.id).where(Video.id == video_id, *_own(user))
    statement = delete(Share).where(Share.id == share_id, Share.video_id.in_(own))
    async with user.services.db.begin() as tx:
        gone = await tx.execute(statement)
    if not gone.rowcount:
        raise NotFound("This link does not exist.")


async def opened(services: Services, token: str) -> Row[Any]:
    """Return the link of a token, with the `user_id` of the video's owner.

    Raises:
        NotFound: there is none, or it has ended or expired.
    """
    statement: Select[Any] = (
        select(*_COLUMNS, Video.user_id)
        .join(Video)
        .where(Share.token == token, is_alive(), Video.state != VideoState.DELETED)
    )
    async with services.db.autocommit() as connection:
        found: Row[Any] | None = (await connection.execute(statement)).one_or_none()
    if found is None:
        raise NotFound("This link does not exist, or has ended.")
    return found


async def _forget_oldest(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """Keep no more expired links than there can be that work."""
    expired = select(Share.id).where(Share.video_id == video_id, ~is_alive())
    oldest = expired.order_by(Share.id.desc()).offset(MOST)
    await tx.execute(delete(Share).where(Share.id.in_(oldest)))


def _own(user: Principal) -> tuple[Any, ...]:
    return Video.user_id == user.user_id, Video.state != VideoState.DELETED


def _no_video() -> NotFound:
    return NotFound("This video does not exist.")
