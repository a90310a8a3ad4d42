"""Rows that nothing can be done to: every write to one raises in the database."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from core.adapters.postgres import Database


@asynccontextmanager
async def poisoned(db: Database, table: str, row_id: uuid.UUID) -> AsyncIterator[None]:
    """Have every UPDATE and DELETE of a row fail for as long as the block lasts."""
    name = f"poison_{row_id.hex}"
    async with db.begin() as tx:
        await tx.execute(
            text(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'this row is poisoned'; END $$"
            )
        )
        await tx.execute(
            text(
                f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
                f"WHEN (OLD.id = '{row_id}') EXECUTE FUNCTION {name}()"
            )
        )
    try:
        yield
    finally:
        async with db.begin() as tx:
            await tx.execute(text(f"DROP TRIGGER {name} ON {table}"))
            await tx.execute(text(f"DROP FUNCTION {name}()"))
