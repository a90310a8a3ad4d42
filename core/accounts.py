"""Ends an account. Sweeps then remove everything of a closed account.

Code that creates something for a user checks in the same transaction whether the account is open,
under a lock that the closing waits for. So nothing starts in a closed account, and the sweep finds
all that started before.
"""

import uuid
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict, Forbidden, Unauthenticated
from core.model.tables import Invite, Session, User

ADMIN = "admin"


def gone() -> Unauthenticated:
    """Return the error for a user whose account was closed."""
    return Unauthenticated("This account is gone.", "session_revoked")


def wrong_password() -> Forbidden:
    """Return the error for a logged-in user with a wrong password."""
    return Forbidden("The password is wrong.", "password_wrong")


async def is_open(
    tx: AsyncConnection, user_id: uuid.UUID, password_hash: str | None = None
) -> bool:
    """Tell whether an account is open; if it is, it stays so until the transaction ends.

    Args:
        tx: the transaction.
        user_id: whose account it is.
        password_hash: that it must still have, and keeps as long; None when it does not matter.
    """
    statement = select(User.id).where(User.id == user_id, User.closed_at.is_(None))
    if password_hash is not None:
        statement = statement.where(User.password_hash == password_hash)
    # Not FOR KEY SHARE: a change of password does not wait for that.
    return await tx.scalar(statement.with_for_update(read=True)) is not None


async def require_open(
    tx: AsyncConnection, user_id: uuid.UUID, password_hash: str | None = None
) -> None:
    """Raise unless `is_open`.

    Raises:
        Unauthenticated: `session_revoked`: it is closed, or its password is another one by now.
    """
    if not await is_open(tx, user_id, password_hash):
        raise gone()


async def hold(tx: AsyncConnection, user_id: uuid.UUID, password_hash: str) -> None:
    """Have logins, uploads and the end of an account wait until the transaction ends.

    Args:
        tx: the transaction.
        user_id: whose account it is.
        password_hash: that was shown to be known; the account must still have it.

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


async def _locked(
    tx: AsyncConnection, user_id: uuid.UUID, *, and_admins: bool
) -> dict[uuid.UUID, Any]:
    """Lock an open account, and those of all admins too if asked to; return them by id.

    Always in the same order: of two admins who leave at once the second sees the first gone.
    """
    these = or_(User.id == user_id, User.role == ADMIN) if and_admins else User.id == user_id
    rows = await tx.execute(
        select(User.id, User.role, User.password_hash)
        .where(User.closed_at.is_(None), these)
        .order_by(User.id)
        .with_for_update()
    )
    return {row.id: row for row in rows.all()}


async def close(tx: AsyncConnection, user_id: uuid.UUID, password_hash: str) -> None:
    """Mark an account as closed; it keeps no address, no password, no session and no invite.

    Args:
        tx: the transaction.
        user_id: whose account it is.
        password_hash: that was shown to be known; the account must still have it.

    Raises:
        Conflict: `last_admin`.
        Forbidden: `password_wrong`: it is another one by now.
        Unauthenticated: `session_revoked`: it is closed already.
    """
    role = await tx.scalar(select(User.role).where(User.id == user_id))
    found = await _locked(tx, user_id, and_admins=role == ADMIN)
    own = found.pop(user_id, None)
    if own is not None and own.role == ADMIN != role:  # since a moment ago
        found = await _locked(tx, user_id, and_admins=True)
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
    await tx.execute(
        delete(Invite).where(or_(Invite.created_by == user_id, Invite.used_by == user_id))
    )
