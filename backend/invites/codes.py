"""The codes of invites: each works once. Only a hash of it is stored."""

import hashlib
import uuid

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Services
from core.errors import Forbidden
from core.model.tables import Invite


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
        Invite.code_hash == hash_of(code),
        Invite.used_at.is_(None),
        Invite.expires_at > func.now(),
        or_(Invite.email.is_(None), Invite.email == email),
    )


def hash_of(code: str) -> str:
    """Return what is stored of a code."""
    # No salt and no slow hash: a code has 128 random bits.
    return hashlib.sha256(code.encode()).hexdigest()


def _invalid() -> Forbidden:
    return Forbidden(
        "This invite is unknown, used, expired, or for another email address.", "invite_invalid"
    )
