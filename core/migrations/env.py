"""Gives Alembic its connection."""

import asyncio
import time

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from core.adapters.database_login import connector
from core.model.tables import Base

_LOCK = 0x66726D6C  # "frml": two migrations at once would both create the same tables
_ASK_S = 0.2


def _run(connection: Connection) -> None:
    # Of the session: each migration is a transaction of its own. Asked again and again: a statement
    # that waits would keep an index of the other one from being finished.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
        connection.commit()
        time.sleep(_ASK_S)
    # Whoever wants a table waits behind us: see `upgrade`.
    connection.execute(text("SET lock_timeout = '3s'"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect() -> None:
    url, secret = (context.config.attributes[name] for name in ("url", "secret"))
    engine = create_async_engine(url, async_creator=connector(url, secret))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()  # which gives the lock back


asyncio.run(_connect())
