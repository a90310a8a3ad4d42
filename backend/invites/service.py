"""Invites: created by admins, used once. Only a hash of the code is stored."""

import hashlib
import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Principal, Services
from backend.http.paging import decode_cursor, encode_cursor
from backend.invites.schemas import CreatedInvite, InviteItem, NewInvite
from core import accounts
from core.errors import Forbidden, NotFound
from core.model.ids import new_id, new_token
from core.model.tables import Invite

_CODE_BITS = 128


async def create(services: Services, admin: Principal, wanted: NewInvite) -> CreatedInvite:
    """Make an invite and return it with its code.

    Raises:
        Unauthenticated: `session_revoked`: the admin's account has just been closed.
    """
    code = new_token(_CODE_BITS)
    statement = (
        insert(Invite)
        .values(
            id=new_id(),
            code_hash=_hash(code),
            email=wanted.email,
            created_by=admin.user_id,
            expires_at=func.now() + timedelta(seconds=wanted.expires_in_s),
        )
        .returning(Invite.id, Invite.email, Invite.expires_at, Invite.created_at)
    )
    async with services.db.begin() as tx:
        await accounts.require_open(tx, admin.user_id)
        row = (await tx.execute(statement)).one()
    return CreatedInvite(code=code, **row._asdict())


async def page(
    services: Services, *, limit: int, cursor: str | None
) -> tuple[list[InviteItem], str | None]:
    """Return a page of the invites of all admins, newest first, and the cursor of the next page.

    Raises:
        Invalid: the cursor is none of ours.
    """
    statement = (
        select(Invite.id, Invite.email, Invite.expires_at, Invite.created_at, Invite.used_at)
        .order_by(Invite.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(Invite.id < decode_cursor(cursor))
    async with services.db.autocommit() as connection:
        rows = (await connection.execute(statement)).all()
    items = [InviteItem(**row._asdict()) for row in rows[:limit]]
    return items, encode_cursor(items[-1].id) if len(rows) > limit else None


async def withdraw(services: Services, invite_id: uuid.UUID) -> None:
    """Remove an invite: nobody can use it any more. An account that was made with it stays.

    Raises:
        NotFound: there is no such invite.
    """
    async with services.db.begin() as tx:
        gone = await tx.execute(delete(Invite).where(Invite.id == invite_id))
    if not gone.rowcount:
        raise NotFound("This invite does not exist.")


async def look(services: Services, code: str, email: str) -> None:
    """Refuse a code that cannot be used now; one that can may still be used by another first.

    Raises:
        Forbidden: `invite_invalid`.
    """
    async with services.db.autocommit() as connection:
        found = await connection.scalar(select(Invite.id).where(_usable(code, email)))
    if found is None:
        raise _invalid()


async def use(tx: AsyncConnection, code: str, email: str, user_id: uuid.UUID) -> None:
    """Use an invite up for an account that is made in the same transaction.

    Raises:
        Forbidden: `invite_invalid`: unknown, used, expired, or another address's.
    """
    used = await tx.execute(
        update(Invite)
        .where(_usable(code, email))
        .values(used_at=func.clock_timestamp(), used_by=user_id)
    )
    if not used.rowcount:
        raise _invalid()


def _usable(code: str, email: str) -> ColumnElement[bool]:
    return and_(
        Invite.code_hash == _hash(code),
        Invite.used_at.is_(None),
        Invite.expires_at > func.now(),
        or_(Invite.email.is_(None), Invite.email == email),
    )


def _hash(code: str) -> str:
    # No salt and no slow hash: a code has 128 random bits.
    return hashlib.sha256(code.encode()).hexdigest()


def _invalid() -> Forbidden:
    return Forbidden(
        "This invite is unknown, used, expired, or for another email address.", "invite_invalid"
    )
