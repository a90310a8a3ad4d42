"""Rows that nothing can be done to: every write to one raises in the database."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from core.adapters.postgres import Database


@asynccontextmanager
async def poisoned(db: Database, table: str, row_id: uuid.UUID) -> AsyncIterator[None]:
    """Have every UPDATE and DELETE of a row fail for as long as the block lasts."""
    async with _raising(db, f"UPDATE OR DELETE ON {table}", f"OLD.id = '{row_id}'"):
        yield


@asynccontextmanager
async def untold(db: Database, key: uuid.UUID) -> AsyncIterator[None]:
    """Have the outbox refuse every row about a task or a video for as long as the block lasts."""
    async with _raising(db, "INSERT ON outbox", f"NEW.key = '{key}'"):
        yield


@asynccontextmanager
async def _raising(db: Database, what: str, which: str) -> AsyncIterator[None]:
    name = f"poison_{uuid.uuid4().hex}"
    table = what.rpartition(" ")[2]
    async with db.begin() as tx:
        await tx.execute(
            text(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'this row is poisoned'; END $$"
            )
        )
        await tx.execute(
            text(
                f"CREATE TRIGGER {name} BEFORE {what} FOR EACH ROW "
                f"WHEN ({which}) EXECUTE FUNCTION {name}()"
            )
        )
    try:
        yield
    finally:
        async with db.begin() as tx:
            await tx.execute(text(f"DROP TRIGGER {name} ON {table}"))
            await tx.execute(text(f"DROP FUNCTION {name}()"))
