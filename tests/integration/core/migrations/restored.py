"""The database that the release before has left, restored; see `make_release_before.py`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from embedded.stack import Stack
from tests.support.databases import own_database
from tests.support.settings import Settings

HERE = Path(__file__).parent
# The tables of the release before. It has another one, of the migrations.
TABLES = (
    "users", "invites", "sessions", "videos", "uploads", "jobs", "tasks", "renditions",
    "artifacts", "purges", "setbacks",
)  # fmt: skip
# As if it had been left a moment ago: what was open is, and the lease has not lapsed.
_LATELY = """
UPDATE uploads SET check_at = now() + interval '1 hour', expires_at = now() + interval '1 day';
UPDATE invites SET expires_at = now() + interval '1 day';
UPDATE sessions SET expires_at = now() + interval '30 days';
UPDATE tasks SET lease_until = now() + interval '1 minute' WHERE state = 'running';
UPDATE tasks SET available_at = now() WHERE state = 'queued';
UPDATE videos SET updated_at = now() WHERE state = 'deleted';
"""
_WHERE = re.compile(r"https?://[^/]+")
_SIGNED = re.compile(r"\?.*")


@asynccontextmanager
async def restored(stack: Stack) -> AsyncIterator[str]:
    """Lend a copy; yields its address as SQLAlchemy wants it."""
    async with own_database(stack, template="template1") as address:
        connection = await asyncpg.connect(address)
        try:
            # In pieces, as the dump has the search path changed.
            await connection.execute((HERE / "release_before.sql").read_text())
            await connection.execute("SET search_path = public;" + _LATELY)
        finally:
            await connection.close()
        found = Settings(database_url=address, redis_url="redis://nobody").database_url
        yield found.get_secret_value()


async def connected(url: str) -> Any:
    """Open a connection."""
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def fetched(url: str, statement: str, *values: Any) -> list[Any]:
    """Return the rows of a statement."""
    connection = await connected(url)
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


async def columns_of(url: str) -> dict[str, list[str]]:
    """Return the names of the columns of each table, without those that follow from others."""
    rows = await fetched(
        url,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position",
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


async def rows_of(url: str, columns: dict[str, list[str]]) -> dict[str, set[tuple[Any, ...]]]:
    """Return every row of the tables of the release before, with these columns."""
    found = {}
    for table in TABLES:
        names = ", ".join(columns[table])
        rows = await fetched(url, f"SELECT {names} FROM {table}")
        found[table] = {tuple(row) for row in rows}
    return found


def answers() -> dict[str, dict[str, Any]]:
    """Return what the API of the release before has said: by address and path."""
    found: dict[str, dict[str, Any]] = json.loads((HERE / "release_before.json").read_text())
    return found


def differences(before: Any, now: Any, where: str = "") -> list[str]:
    """Return where two answers differ; what is new in the later one is no difference.

    Of a link only what it leads to counts. Why a video waits changes with the workers that live.
    """
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            found
            for name in before
            if name != "queue"
            for found in differences(before[name], now.get(name, "?"), f"{where}.{name}")
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [
            found
            for number, (one, other) in enumerate(zip(before, now, strict=True))
            for found in differences(one, other, f"{where}[{number}]")
        ]
    if isinstance(before, str) and isinstance(now, str) and before.startswith("http"):
        before, now = (_SIGNED.sub("", _WHERE.sub("", each)) for each in (before, now))
    return [] if before == now else [f"{where}: {before!r} is now {now!r}"]


async def in_thread(work: Any, *arguments: Any) -> None:
    """Do what blocks, such as a migration."""
    await asyncio.to_thread(work, *arguments)
