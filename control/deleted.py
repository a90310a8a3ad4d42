"""Removes the last objects and rows of deleted videos and closed accounts."""

import uuid
from datetime import timedelta
from functools import partial

from sqlalchemy import Delete, delete, exists, func, or_, select

from control.rounds import handle_due
from core import log
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.states import VideoState
from core.model.tables import Invite, Job, Session, Upload, User, Video
from core.setbacks import Kind
from core.videos import removal

_log = log.get(__name__)
# It holds an address, and who was invited is of no interest for longer.
_KEEP_INVITES = timedelta(days=30)


async def forget_videos(db: Database, storage: Storage, after_s: float) -> int:
    """Remove the last of videos that were deleted so many seconds ago; return how many."""
    one = partial(removal.forget, db, storage, after_s)
    return await handle_due(db, Kind.FORGET, removal.forgettable(after_s), one)


async def sweep_accounts(db: Database) -> list[uuid.UUID]:
    """Remove what closed accounts have left, and invites that lapsed long ago.

    Returns:
        The videos that were deleted.
    """
    gone: list[uuid.UUID] = []

    async def do(statement: Delete) -> None:
        async with db.begin() as tx:
            await tx.execute(statement)

    async def delete_video(video_id: uuid.UUID) -> None:
        async with db.begin() as tx:
            ended = await removal.delete_video(tx, video_id)
        if ended is not None:
            gone.append(video_id)

    async def forget(user_id: uuid.UUID) -> None:
        await do(delete(User).where(User.id == user_id, User.closed_at.is_not(None)))
        _log.info("account_removed", user_id=str(user_id))

    each = partial(handle_due, db, Kind.ACCOUNT)
    await each(_LOGGED_IN, lambda user_id: do(delete(Session).where(Session.user_id == user_id)))
    await each(_INVITES, lambda invite_id: do(delete(Invite).where(Invite.id == invite_id)))
    await each(_VIDEOS, delete_video)
    await each(_EMPTY, forget)
    return gone


# A process of the version before, which goes on while this one is rolled out, may add a session.
_LOGGED_IN = (
    select(User.id)
    .where(User.closed_at.is_not(None), exists().where(Session.user_id == User.id))
    .order_by(User.id)
)
_INVITES = (
    select(Invite.id).where(Invite.expires_at < func.now() - _KEEP_INVITES).order_by(Invite.id)
)
_VIDEOS = (
    select(Video.id)
    .join(User, User.id == Video.user_id)
    .where(User.closed_at.is_not(None), Video.state != VideoState.DELETED)
    .order_by(Video.id)
)
_OWNERS = (
    Video.user_id, Upload.user_id, Job.user_id, Session.user_id, Invite.created_by, Invite.used_by,
)  # fmt: skip
# Closed accounts of which nothing is left but their row.
_EMPTY = (
    select(User.id)
    .where(
        User.closed_at.is_not(None), ~or_(*(exists().where(each == User.id) for each in _OWNERS))
    )
    .order_by(User.id)
)
