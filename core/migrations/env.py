"""Alembic calls this to get a connection."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from core.adapters.connector import connector
from core.model.tables import Base

_LOCK = 0x66726D6C  # "frml": two migrations at once would both create the same tables


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()


async def _connect() -> None:
    url, secret = (context.config.attributes[name] for name in ("url", "secret"))
    engine = create_async_engine(url, async_creator=connector(url, secret))
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_connect())
