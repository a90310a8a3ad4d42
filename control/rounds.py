"""Rounds over rows that are due: each row in its own transaction.

An error affects one row only: the row is set back (see `setbacks.py`) and the others are handled.
The same happens to a row that is locked for long. Only a database that is away ends a round. Rows
that were handled before stay done.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Select, all_

from core import log, setbacks
from core.adapters.postgres import IDS, Database
from core.errors import DatabaseAway, RowBusy
from core.setbacks import Kind

_log = log.get(__name__)
_PAGE = 100
_MOST = 5_000  # rows in a round; the next one goes on
# After so many answers in a row that the store or the queue is away, all others would only wait
# for the same: the next round goes on with those.
_MOST_AWAY = 50


async def handle_due(
    db: Database,
    kind: Kind,
    due: Select[uuid.UUID],
    one: Callable[[uuid.UUID], Awaitable[int | None]],
    at_once: int = 1,
) -> int:
    """Handle what is due of one kind, page by page, until nothing is left.

    Args:
        db: the database.
        kind: what is done to the rows.
        due: selects their ids, in order. Rows that are set back are left out here.
        one: handles a row. It looks again whether the row is due, under a lock.
        at_once: rows under way at the same time: more than one where most of it is waiting for
            the store, else requests would wait for connections that the rounds have.

    Returns:
        The sum of what `one` has returned.
    """
    total = away = 0
    tried: set[uuid.UUID] = set()
    gate = asyncio.Semaphore(at_once)
    column: Any = due.selected_columns[0]
    due = due.where(setbacks.clear_of(kind, column), column != all_(IDS))

    async def handle(row_id: uuid.UUID) -> None:
        nonlocal total, away
        async with gate:
            if away >= _MOST_AWAY:
                return
            try:
                count = await one(row_id)
            except Exception as error:
                if isinstance(error, DatabaseAway) and not isinstance(error, RowBusy):
                    raise
                away += setbacks.is_away(error)
                await setbacks.note(db, kind, row_id, error)
            else:
                total += count or 0
                away = 0

    try:
        while len(tried) < _MOST and away < _MOST_AWAY and (ids := await _page(db, due, tried)):
            tried.update(ids)
            for ended in await asyncio.gather(*map(handle, ids), return_exceptions=True):
                if isinstance(ended, BaseException):
                    raise ended
    except DatabaseAway as error:
        _log.warning("round_cut_short", kind=kind, done=total, error=str(error))
    return total


async def _page(
    db: Database, due: Select[uuid.UUID], tried: Collection[uuid.UUID]
) -> Sequence[uuid.UUID]:
    async with db.autocommit() as connection:
        rows = await connection.scalars(due.limit(_PAGE), {"ids": list(tried)})
        return rows.all()
