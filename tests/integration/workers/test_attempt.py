"""What an attempt does with a write that fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.tasks.claim import Work
from embedded.stack import Stack
from workers.runtime import attempt
from workers.runtime.adapters import Adapters
from workers.runtime.attempt import Attempt
from workers.runtime.scratch import Directory


class Flickering:
    """A database that is away for the first few transactions."""

    def __init__(self, db: Database, times: int) -> None:
        self._db = db
        self.left = times

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        if self.left:
            self.left -= 1
            raise DatabaseAway("the server is on its way down")
        async with self._db.begin() as tx:
            yield tx


def attempt_on(db: Any) -> Attempt:
    nobody: Any = None
    parts = Adapters(nobody, db, nobody, nobody, nobody)
    return Attempt(parts, nobody, cast(Directory, nobody), cast(Work, nobody), "worker")


async def test_a_wrong_statement_is_not_repeated(stack: Stack, db: Database) -> None:
    calls = 0

    async def wrong(tx: AsyncConnection) -> None:
        nonlocal calls
        calls += 1
        await tx.execute(text("SELECT nothing"))

    with pytest.raises(ProgrammingError):
        await attempt_on(db)._write(wrong)
    assert calls == 1


async def test_a_write_outlasts_a_database_that_is_away(
    stack: Stack, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_AGAIN_S", 0)
    flickering, calls = Flickering(db, 3), 0

    async def right(tx: AsyncConnection) -> None:
        nonlocal calls
        calls += 1
        await tx.execute(text("SELECT 1"))

    await attempt_on(flickering)._write(right)
    assert (flickering.left, calls) == (0, 1)
