"""Rows for tests, and none."""

from sqlalchemy import text

from core.db import Database
from core.models import Base


async def empty_tables(db: Database) -> None:
    """Delete every row; faster than TRUNCATE on tables that are nearly empty."""
    async with db.begin() as tx:
        for table in reversed(Base.metadata.sorted_tables):
            await tx.execute(text(f"DELETE FROM {table.name}"))
