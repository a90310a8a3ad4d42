"""Rounds over rows that are due: each row in its own transaction.

An error affects one row only: the row is set back (see `setbacks.py`) and the others are handled.
The same happens to a row that is locked for long. Only a database that is away ends a round. Rows
that were handled before stay done.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Select, all_

from core import log, setbacks
from core.adapters.postgres import IDS, Database
from core.errors import DatabaseAway, RowBusy
from core.setbacks import Kind

R = TypeVar("R")
_log = log.get(__name__)
_PAGE = 100
_MOST = 5_000  # rows in a round; the next one goes on
# After so many answers in a row that the store or the queue is away, all others would only wait
# for the same: the next round goes on with those.
_MOST_AWAY = 50


class Round:
    """Handles what is due of one kind, page by page, until nothing is left.

    Args:
        db: the database.
        kind: what is done to the rows.
        at_once: rows under way at the same time: more than one where most of it is waiting for
            the store, else requests would wait for connections that the rounds have.
    """

    def __init__(self, db: Database, kind: Kind, at_once: int = 1) -> None:
        self._db = db
        self._kind = kind
        self._gate = asyncio.Semaphore(at_once)
        self._away = 0

    async def run(
        self,
        due: Select[uuid.UUID],
        one: Callable[[uuid.UUID], Awaitable[R | None]],
    ) -> list[R]:
        """Return what came of the rows, without the `None`s.

        Args:
            due: selects their ids, in order. Rows that are set back are left out here.
            one: handles a row. It looks again whether the row is due, under a lock.
        """
        results: list[R] = []
        tried: set[uuid.UUID] = set()
        column: Any = due.selected_columns[0]
        due = due.where(setbacks.clear_of(self._kind, column), column != all_(IDS))

        async def handle(row_id: uuid.UUID) -> None:
            result = await self._handle(row_id, one)
            if result is not None:
                results.append(result)

        try:
            while len(tried) < _MOST and self._away < _MOST_AWAY:
                async with self._db.autocommit() as connection:
                    page = await connection.execute(due.limit(_PAGE), {"ids": list(tried)})
                    ids = list(page.scalars().all())
                if not ids:
                    break
                tried.update(ids)
                for ended in await asyncio.gather(*map(handle, ids), return_exceptions=True):
                    if isinstance(ended, BaseException):
                        raise ended
        except DatabaseAway as error:
            _log.warning("round_cut_short", kind=self._kind, done=len(results), error=str(error))
        return results

    async def _handle(
        self, row_id: uuid.UUID, one: Callable[[uuid.UUID], Awaitable[R | None]]
    ) -> R | None:
        async with self._gate:
            if self._away >= _MOST_AWAY:
                return None
            try:
                result = await one(row_id)
            except Exception as error:
                if isinstance(error, DatabaseAway) and not isinstance(error, RowBusy):
                    raise
                self._away += setbacks.is_away(error)
                await setbacks.note(self._db, self._kind, row_id, error)
                return None
            self._away = 0
            return result
