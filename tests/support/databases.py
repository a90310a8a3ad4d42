"""Databases of their own, for tests that cannot share one."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from embedded.stack import Stack
from embedded.store import load_secrets


@asynccontextmanager
async def own_database(stack: Stack, template: str = "framemill") -> AsyncIterator[str]:
    """Lend a copy of a database that nobody uses itself; yields its address.

    Args:
        stack: with the server.
        template: to copy: by default the stack's own, with its tables.
    """
    name = f"own_{uuid.uuid4().hex}"
    address = stack.environment["DATABASE_URL"]
    admin = f"postgresql://postgres:{load_secrets(stack.data_dir)['postgres_admin']}"
    server = f"{admin}@{urlsplit(address).netloc.rpartition('@')[2]}/postgres"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    await run(f"CREATE DATABASE {name} TEMPLATE {template} OWNER framemill")
    try:
        yield address.rpartition("/")[0] + f"/{name}"
    finally:
        await run(f"DROP DATABASE {name} WITH (FORCE)")
