"""Ends an account. Sweeps then remove everything of a closed account.

Code that creates something for a user checks in the same transaction whether the account is open,
under a lock that the closing waits for. So nothing starts in a closed account, and the sweep finds
all that started before.
"""

import uuid

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from core.errors import Conflict, Forbidden, Unauthenticated
from core.model.tables import Invite, Session, Share, User, Video

ADMIN = "admin"
_Own = aliased(User)


def gone() -> Unauthenticated:
    """Return the error for a user whose account was closed."""
    return Unauthenticated("This account is gone.", "session_revoked")


def wrong_password() -> Forbidden:
    """Return the error for a logged-in user with a wrong password."""
    return Forbidden("The password is wrong.", "password_wrong")


async def require_open(
    tx: AsyncConnection, user_id: uuid.UUID, password_hash: str | None = None
) -> None:
    """Have an open account stay so until the transaction ends, and keep this password, if given.

    Raises:
        Unauthenticated: `session_revoked`: it is closed, or its password is another one by now.
    """
    statement = select(User.id).where(User.id == user_id, User.closed_at.is_(None))
    if password_hash is not None:
        statement = statement.where(User.password_hash == password_hash)
    # Not FOR KEY SHARE: a change of password does not wait for that.
    if await tx.scalar(statement.with_for_update(read=True)) is None:
        raise gone()


async def hold(tx: AsyncConnection, user_id: uuid.UUID, password_hash: str) -> None:
    """Have logins, uploads and the end of an account wait until the transaction ends.

    `password_hash` was shown to be known; the account must still have it.

    Raises:
        Forbidden: `password_wrong`: it is another one by now.
        Unauthenticated: `session_revoked`: it is closed.
    """
    statement = select(User.password_hash).where(User.id == user_id, User.closed_at.is_(None))
    now = await tx.scalar(statement.with_for_update(key_share=True))
    if now is None:
        raise gone()
    if now != password_hash:
        raise wrong_password()


async def close(tx: AsyncConnection, user_id: uuid.UUID, password_hash: str) -> None:
    """Mark an account as closed; it keeps no address, password, session, invite or link.

    `password_hash` was shown to be known; the account must still have it.

    Raises:
        Conflict: `last_admin`; also who is made one at this moment, and not when asked again.
        Forbidden: `password_wrong`: it is another one by now.
        Unauthenticated: `session_revoked`: it is closed already.
    """
    # An admin with all others, in one order: of two who leave at once one sees the other gone.
    own_role = select(_Own.role).where(_Own.id == user_id).scalar_subquery()
    rows = await tx.execute(
        select(User.id, User.role, User.password_hash)
        .where(
            User.closed_at.is_(None),
            or_(User.id == user_id, and_(User.role == ADMIN, own_role == ADMIN)),
        )
        .order_by(User.id)
        .with_for_update(of=User)
    )
    found = {row.id: row for row in rows.all()}
    own = found.pop(user_id, None)
    if own is None:
        raise gone()
    if own.password_hash != password_hash:
        raise wrong_password()
    if own.role == ADMIN and not found:
        raise Conflict("You are the only admin. Make another user an admin first.", "last_admin")
    await tx.execute(
        update(User)
        .where(User.id == user_id)
        .values(closed_at=func.now(), email=None, password_hash=None)
    )
    await tx.execute(delete(Session).where(Session.user_id == user_id))
    own_videos = select(Video.id).where(Video.user_id == user_id)
    await tx.execute(delete(Share).where(Share.video_id.in_(own_videos)))
    await tx.execute(
        delete(Invite).where(or_(Invite.created_by == user_id, Invite.used_by == user_id))
    )
