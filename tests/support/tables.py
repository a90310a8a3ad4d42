"""What the tables hold, and nothing."""

from typing import Any

from sqlalchemy import select, text

from core.adapters.postgres import Database
from core.model.tables import Asset, Base, Job, Purge, Task, TaskAttempt, TaskNeed, Video


async def empty_tables(db: Database) -> None:
    """Delete every row; faster than TRUNCATE on tables that are nearly empty."""
    async with db.begin() as tx:
        for table in reversed(Base.metadata.sorted_tables):
            await tx.execute(text(f"DELETE FROM {table.name}"))


async def everything(db: Database) -> list[Any]:
    """All that the tables say of videos and their work."""
    async with db.read() as connection:
        return [
            (await connection.execute(select(table).order_by(*table.primary_key))).all()
            for table in (
                Base.metadata.tables[model.__tablename__]
                for model in (Video, Job, Task, TaskNeed, TaskAttempt, Asset, Purge)
            )
        ]


async def someone_waits(db: Database) -> bool:
    """Tell whether a statement waits for a lock that another transaction holds."""
    async with db.read() as connection:
        return bool(
            await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        )


async def purged(db: Database) -> list[str]:
    """What is to be removed from the bucket, sooner or later."""
    async with db.read() as connection:
        rows = await connection.execute(select(Purge.prefix).order_by(Purge.prefix))
        return list(rows.scalars().all())
