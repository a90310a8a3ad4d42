"""Deletes rows of the outbox after a while: sent rows, and events that are too old."""

from datetime import timedelta

from sqlalchemy import and_, delete, func, or_

from core.adapters.postgres import Database
from core.model.states import Topic
from core.model.tables import Outbox

_KEPT = timedelta(hours=1)
# Whoever watches has read the rows again since: see `backend/events/stream.py`.
_NEWS = timedelta(minutes=10)


async def forget_sent(db: Database) -> int:
    """Remove rows that were sent a while ago, and events that are old; return how many there were.

    Old are those that could not be told while they were news: Redis was away, or they make no
    sense.
    """
    old = and_(
        Outbox.sent_at.is_(None),
        Outbox.topic == Topic.VIDEO,
        Outbox.available_at < func.now() - _NEWS,
    )
    async with db.begin() as tx:
        gone = await tx.execute(delete(Outbox).where(or_(Outbox.sent_at < func.now() - _KEPT, old)))
        return int(gone.rowcount)
