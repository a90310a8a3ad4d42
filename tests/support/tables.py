"""What the tables hold, and nothing."""

import uuid
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ColumnElement, Connection, select, text

from core.adapters.postgres import Database
from core.model.states import Topic
from core.model.tables import Asset, Base, Job, Outbox, Purge, Task, TaskAttempt, TaskNeed, Video

_OF_RELEASE_BEFORE = ("artifacts", "renditions", "tasks")
# What refers to others first.
NAMES = (*_OF_RELEASE_BEFORE, *(table.name for table in reversed(Base.metadata.sorted_tables)))


async def empty_tables(db: Database) -> None:
    """Delete every row; faster than TRUNCATE on tables that are nearly empty."""
    async with db.begin() as tx:
        for name in NAMES:
            await tx.execute(text(f"DELETE FROM {name}"))


async def all_text(db: Database) -> str:
    """All that the tables say."""
    found: list[str] = []
    async with db.autocommit() as connection:
        for name in NAMES:
            rows = await connection.execute(text(f"SELECT '{name}' || t::text FROM {name} t"))
            found += rows.scalars().all()
    return "\n".join(found)


def compared(connection: Connection) -> Any:
    """Return how the tables in the code differ from those that are there."""

    def is_described(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name not in _OF_RELEASE_BEFORE

    there = MigrationContext.configure(connection, opts={"include_name": is_described})
    return compare_metadata(there, Base.metadata)


async def everything(db: Database) -> list[Any]:
    """All that the tables say of videos and their work."""
    async with db.autocommit() as connection:
        return [
            (await connection.execute(select(table).order_by(*table.primary_key))).all()
            for table in (
                Base.metadata.tables[model.__tablename__]
                for model in (Video, Job, Task, TaskNeed, TaskAttempt, Asset, Purge)
            )
        ]


async def someone_waits(db: Database) -> bool:
    """Tell whether a statement waits for a lock that another transaction holds."""
    async with db.autocommit() as connection:
        return bool(
            await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        )


async def purged(db: Database) -> list[str]:
    """What is to be removed from the bucket, sooner or later."""
    async with db.autocommit() as connection:
        rows = await connection.execute(select(Purge.prefix).order_by(Purge.prefix))
        return list(rows.scalars().all())


async def unsent(db: Database, topic: Topic) -> list[uuid.UUID]:
    """What the outbox has still to tell on a topic: the tasks or videos, in order."""
    return await _outbox(db, Outbox.topic == topic, Outbox.sent_at.is_(None))


async def put_out(db: Database, topic: Topic) -> list[uuid.UUID]:
    """What the outbox was given on a topic, also if somebody has sent it by now; as `unsent`."""
    return await _outbox(db, Outbox.topic == topic)


async def _outbox(db: Database, *wanted: ColumnElement[bool]) -> list[uuid.UUID]:
    async with db.autocommit() as connection:
        keys = await connection.scalars(
            select(Outbox.key).where(*wanted).order_by(Outbox.created_at)
        )
        return list(keys.all())


async def outbox_of(db: Database, key: uuid.UUID) -> uuid.UUID:
    """The id of the newest row of the outbox about a task or a video."""
    async with db.autocommit() as connection:
        rows = await connection.execute(
            select(Outbox.id).where(Outbox.key == key).order_by(Outbox.created_at.desc()).limit(1)
        )
        found: uuid.UUID = rows.scalar_one()
        return found
