"""The migrations make the tables that the code knows of."""

import asyncio
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import ANY

import asyncpg
import pytest
from alembic.util import CommandError

from core.adapters.postgres import Database
from core.migrations import upgrade as migrations
from embedded.stack import Stack
from tests.support import warm
from tests.support.databases import own_database
from tests.support.release_before import REVISION
from tests.support.tables import compared
from tests.support.waiting import wait_until
from tests.support.work import queue_video

LOCK = 0x66726D6C  # as in `env.py`, which only Alembic can import


async def test_nothing_is_left_to_migrate(db: Database) -> None:
    async with db.begin() as tx:
        assert await tx.run_sync(compared) == []


async def migrate(*options: str, **values: str) -> tuple[int, str]:
    """Run them as a process; return its exit status, and what it said."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        process = warm.start(warm.MIGRATIONS, os.environ | values, log, arguments=options)
        status = await asyncio.to_thread(process.wait)
        return status or 0, log.read_text()


async def test_two_at_once_and_once_more_do_no_harm(stack: Stack) -> None:
    results = await asyncio.gather(*(migrate(**stack.environment) for _ in range(2)))
    assert [status for status, _ in results] == [0, 0], results


async def test_who_waits_for_another_is_not_in_its_way(stack: Stack) -> None:
    """An index that is built beside others waits for every statement that is older."""
    async with own_database(stack, template="template1") as address:
        connection = await asyncpg.connect(address)
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        environment = stack.environment | {"DATABASE_URL": address}
        running = [asyncio.create_task(migrate(**environment)) for _ in range(3)]
        asking = (
            "SELECT count(*) = 3 FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await wait_until(lambda: connection.fetchval(asking))
        await connection.close()
        assert await asyncio.gather(*running) == [(0, "")] * 3


async def test_an_operator_can_go_back_and_forth(stack: Stack) -> None:
    async with own_database(stack, template="template1") as address:
        environment = stack.environment | {"DATABASE_URL": address}
        assert await migrate(**environment) == (0, ANY)
        status, told = await migrate("--downgrade", "1234", **environment)
        assert (status, told.count("\n")) == (1, 1)
        assert "1234" in told
        db = Database(address.replace("postgresql:", "postgresql+asyncpg:"), 2)
        queued = await queue_video(db)
        await db.close()
        status, told = await migrate("--downgrade", "0005", **environment)
        assert status == 0, told
        connection = await asyncpg.connect(address)
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0005"
        # The version before finds a task of its own in the place of what was queued.
        assert await connection.fetchval("SELECT job_id FROM tasks") == queued.job_id
        status, told = await migrate(**environment)
        assert status == 0, told
        assert await connection.fetchval("SELECT to_regclass('job_tasks')") == "job_tasks"
        await connection.close()


async def test_who_reads_for_long_holds_up_the_migration_and_no_writer(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a backup does, which reads every table in one transaction."""
    async with own_database(stack, template="template1") as address:
        url = address.replace("postgresql:", "postgresql+asyncpg:")
        await asyncio.to_thread(migrations.upgrade, url, REVISION)
        reader, writer = await asyncpg.connect(address), await asyncpg.connect(address)
        reading = reader.transaction()
        await reading.start()
        await reader.execute("LOCK TABLE videos IN ACCESS SHARE MODE")
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "_PATIENCE_S", 0)
            with pytest.raises(CommandError, match="run the migrations again"):
                await asyncio.to_thread(migrations.upgrade, url)
        running = asyncio.create_task(asyncio.to_thread(migrations.upgrade, url))
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'videos'::regclass"
        await wait_until(lambda: writer.fetchval(waits))
        await writer.execute("UPDATE videos SET title = title", timeout=10)
        await reading.rollback()
        await running
        assert await writer.fetchval("SELECT to_regclass('job_tasks')") == "job_tasks"
        await asyncio.gather(reader.close(), writer.close())


async def test_a_missing_setting_is_told_in_a_sentence() -> None:
    status, told = await migrate(DATABASE_URL="", REDIS_URL="redis://h")
    assert (status, told) == (1, "framemill: DATABASE_URL is not set\n")


async def test_a_database_that_is_away_is_told_in_a_sentence() -> None:
    url = "postgresql://nobody:x@127.0.0.1:1/x"
    status, told = await migrate(DATABASE_URL=url, REDIS_URL="redis://h")
    assert status == 1
    assert told.startswith("framemill: the database does not answer: ")
    assert told.count("\n") == 1
