"""A dump of the version before is restored over newer tables, as docs/operations.md says."""

import asyncio
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from embedded.bootstrap import ROOT
from embedded.postgres import _bin_dir
from embedded.stack import Stack
from embedded.store import load_secrets
from tests.integration.core.test_migrations import migrate
from tests.support.databases import own_database

_PAGE = (ROOT / "docs/operations.md").read_text().replace("\\\n", "")
[_DUMP] = re.findall(r"pg_dump --username postgres (.+) framemill > framemill.dump", _PAGE)
[(_BASE, _RESTORE)] = re.findall(r"pg_restore --username postgres --dbname (\w+) +(.+?) <", _PAGE)


async def run(program: str, *arguments: str) -> None:
    argv = (str(_bin_dir() / program), *arguments)
    done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def test_a_dump_of_the_version_before_replaces_newer_tables(
    stack: Stack, tmp_path: Path
) -> None:
    dump = str(tmp_path / "before.dump")
    async with own_database(stack, template="template1") as address:
        environment = stack.environment | {"DATABASE_URL": address}
        assert (await migrate(**environment))[0] == 0
        assert (await migrate("--downgrade", "0005", **environment))[0] == 0
        await run("pg_dump", *_DUMP.split(), "--file", dump, address)
        assert (await migrate(**environment))[0] == 0
        password = load_secrets(stack.data_dir)["postgres_admin"]
        server = urlsplit(address).netloc.rpartition("@")[2]
        base = f"postgresql://postgres:{password}@{server}/{_BASE}"
        await run("pg_restore", "--dbname", base, *_RESTORE.split(), dump)
        connection = await asyncpg.connect(address)
        try:
            assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0005"
            assert await connection.fetchval("SELECT to_regclass('job_tasks')") is None
        finally:
            await connection.close()
        assert (await migrate(**environment))[0] == 0
