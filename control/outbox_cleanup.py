"""Deletes rows of the outbox after a while: sent rows, and events that are too old."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select

from core.adapters.postgres import Database
from core.model.states import Topic
from core.model.tables import Outbox

_KEPT = timedelta(hours=1)
# Whoever watches has read the rows again since: see `backend/events/stream.py`.
_NEWS = timedelta(minutes=10)
_PAGE = 5_000  # rows that one statement removes well within its time limit


async def forget_sent(db: Database) -> int:
    """Remove rows that were sent a while ago, and events that are old; return how many there were.

    Old are those that could not be told while they were news: Redis was away, or they make no
    sense.
    """
    sent = Outbox.sent_at < func.now() - _KEPT
    old = and_(
        Outbox.sent_at.is_(None),
        Outbox.topic == Topic.VIDEO,
        Outbox.available_at < func.now() - _NEWS,
    )
    # Each in the order of its own index, so that a page reads no more than it removes.
    return await _remove(db, sent, Outbox.sent_at) + await _remove(db, old, Outbox.available_at)


async def _remove(db: Database, due: ColumnElement[bool], order: Any) -> int:
    page = select(Outbox.id).where(due).order_by(order).limit(_PAGE)
    removed = 0
    while True:
        async with db.begin() as tx:
            gone = await tx.execute(delete(Outbox).where(Outbox.id.in_(page)))
        removed += gone.rowcount
        if gone.rowcount < _PAGE:
            return removed
