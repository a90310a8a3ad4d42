"""The sessions in Postgres: which exist, and the only valid refresh token of each.

Redis has the sessions for every request, but it may be lost or be restored from an old copy. So
Postgres also keeps which sessions ended and the last token of each. Every refresh compares both.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.tables import Session


async def begin(
    tx: AsyncConnection, user_id: uuid.UUID, session_id: str, token_id: str, life_s: int
) -> None:
    """Note a new session, and forget those of its user that nobody has refreshed for too long."""
    lapsed = delete(Session).where(Session.user_id == user_id, Session.expires_at < func.now())
    await tx.execute(
        insert(Session)
        .values(id=session_id, user_id=user_id, token_id=token_id, expires_at=_until(life_s))
        .add_cte(lapsed.cte("lapsed"))
    )


async def last_token(
    connection: AsyncConnection, user_id: uuid.UUID, session_id: str
) -> str | None:
    """Return the id of a session's last refresh token; None when it has ended or lapsed."""
    found: str | None = await connection.scalar(
        select(Session.token_id).where(
            Session.id == session_id,
            Session.user_id == user_id,
            Session.expires_at > func.now(),
        )
    )
    return found


async def follow(
    tx: AsyncConnection, session_id: str, shown: str, following: str, life_s: int
) -> bool:
    """Note the next refresh token; False when the session ended or the one shown is not its last.

    Who asks again for a lost answer shows the token before, and gets what is noted already.
    """
    changed = await tx.execute(
        update(Session)
        .where(Session.id == session_id, Session.token_id.in_((shown, following)))
        .values(token_id=following, expires_at=_until(life_s))
    )
    return changed.rowcount == 1


async def end(tx: AsyncConnection, user_id: uuid.UUID, session_id: str) -> bool:
    """End one session of a user for good; False when there is none."""
    ended = await tx.execute(
        delete(Session).where(Session.id == session_id, Session.user_id == user_id)
    )
    return ended.rowcount == 1


async def end_all(tx: AsyncConnection, user_id: uuid.UUID, keep: str = "") -> None:
    """End every session of a user for good but the one to keep."""
    await tx.execute(delete(Session).where(Session.user_id == user_id, Session.id != keep))


def _until(life_s: int) -> ColumnElement[datetime]:
    return func.now() + timedelta(seconds=life_s)
