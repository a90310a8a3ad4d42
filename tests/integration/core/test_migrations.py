"""The migrations make the tables that the code knows of."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from core.adapters.postgres import Database
from core.model.tables import Base
from embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[3]


async def test_nothing_is_left_to_migrate(db: Database) -> None:
    def compare(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with db.begin() as tx:
        assert await tx.run_sync(compare) == []


async def migrate(**values: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "core.migrations",
        cwd=ROOT,
        env=os.environ | values,
        stderr=subprocess.PIPE,
    )
    _, told = await process.communicate()
    return process.returncode or 0, told.decode()


async def test_two_at_once_and_once_more_do_no_harm(stack: Stack) -> None:
    results = await asyncio.gather(*(migrate(**stack.environment) for _ in range(2)))
    assert [status for status, _ in results] == [0, 0], results


async def test_a_missing_setting_is_told_in_a_sentence() -> None:
    status, told = await migrate(DATABASE_URL="", REDIS_URL="redis://h")
    assert (status, told) == (1, "framemill: DATABASE_URL is not set\n")


async def test_a_database_that_is_away_is_told_in_a_sentence() -> None:
    url = "postgresql://nobody:x@127.0.0.1:1/x"
    status, told = await migrate(DATABASE_URL=url, REDIS_URL="redis://h")
    assert status == 1
    assert told.startswith("framemill: the database does not answer: ")
    assert told.count("\n") == 1
