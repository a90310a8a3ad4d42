"""What is raised when Postgres is away, and what when a statement of ours is wrong."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import TextClause, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.adapters.postgres_errors import sqlstate
from core.errors import DatabaseAway
from embedded.stack import Stack
from embedded.store import load_secrets
from tests.support.settings import settings_of

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


@pytest_asyncio.fixture(loop_scope="session")
async def admin(stack: Stack) -> AsyncIterator[asyncpg.Connection]:
    """A superuser."""
    url = make_url(settings_of(stack).database_url.get_secret_value())
    connection = await asyncpg.connect(
        host=url.host,
        port=url.port,
        user="postgres",
        password=load_secrets(stack.data_dir)["postgres_admin"],
        database=url.database,
    )
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def role(admin: asyncpg.Connection) -> AsyncIterator[str]:
    """A login of this test; its deadlocks are found at once."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    await admin.execute(f"ALTER ROLE {name} SET deadlock_timeout = '10ms'")
    yield name
    await admin.execute(f"DROP ROLE {name}")


@pytest_asyncio.fixture(loop_scope="session")
async def database(stack: Stack, role: str) -> AsyncIterator[Database]:
    """The stack's database with two connections, for that login."""
    opened = Database(url_of(stack, role), 2)
    yield opened
    await opened.close()


def url_of(stack: Stack, user: str) -> str:
    url = make_url(settings_of(stack).database_url.get_secret_value())
    return url._replace(username=user, password="x").render_as_string(hide_password=False)


async def run(database: Database, *statements: TextClause) -> None:
    async with database.begin() as tx:
        for statement in statements:
            await tx.execute(statement)


async def pid(connection: AsyncConnection) -> int:
    return int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


def state_of(away: DatabaseAway) -> str | None:
    assert away.__cause__ is not None
    return sqlstate(getattr(away.__cause__, "orig", None) or away.__cause__)


async def test_whoever_is_not_let_in_finds_it_away(stack: Stack) -> None:
    database = Database(url_of(stack, "nobody"))
    with pytest.raises(DatabaseAway, match="password authentication failed"):
        await database.ping()
    with pytest.raises(DatabaseAway):
        async with database.begin():
            pytest.fail("there is no connection")
    await database.close()


async def test_a_server_that_stops_is_away_from_the_next_statement_on(tmp_path: Path) -> None:
    own = Stack(tmp_path / "own", {"postgres"})
    own.start()
    try:
        url = make_url(own.environment["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
        database = Database(url.render_as_string(hide_password=False), 3)
        async with database.autocommit() as connection:
            await connection.execute(text("SELECT 1"))
            own.stop()
            with pytest.raises(DatabaseAway):
                await connection.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway):
            await database.ping()
        await database.close()
    finally:
        own.stop()


async def test_a_statement_that_is_ended_with_its_connection_finds_it_away(
    database: Database, admin: asyncpg.Connection
) -> None:
    async with database.autocommit() as connection:
        backend = await pid(connection)
        sleeping = asyncio.create_task(connection.execute(text("SELECT pg_sleep(60)")))
        while not await admin.fetchval(
            "SELECT true FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", backend
        ):
            pass
        await admin.execute("SELECT pg_terminate_backend($1)", backend)
        with pytest.raises(DatabaseAway):
            await sleeping
    await database.ping()  # nobody is lent that connection again


async def test_a_commit_whose_connection_is_gone_finds_it_away(
    database: Database, admin: asyncpg.Connection
) -> None:
    with pytest.raises(DatabaseAway):
        async with database.begin() as tx:
            await admin.execute("SELECT pg_terminate_backend($1, 10000)", await pid(tx))
    await database.ping()


async def test_whoever_goes_on_after_that_finds_it_away_again(
    database: Database, admin: asyncpg.Connection
) -> None:
    async def deaf() -> None:
        async with database.begin() as tx:
            await admin.execute("SELECT pg_terminate_backend($1, 10000)", await pid(tx))
            for _ in range(2):
                with contextlib.suppress(DatabaseAway, PendingRollbackError):
                    async with tx.begin_nested():
                        await tx.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        await deaf()
    await database.ping()


async def test_a_server_without_a_free_connection_is_away(
    database: Database, admin: asyncpg.Connection, role: str
) -> None:
    await admin.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1")
    async with database.autocommit() as connection:
        await connection.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway, match="too many connections") as refused:
            await database.ping()
    assert state_of(refused.value) == "53300"


async def test_the_victim_of_a_deadlock_may_try_again(database: Database) -> None:
    async def lock(first: int, second: int, held: asyncio.Barrier) -> None:
        async with database.begin() as tx:
            await tx.execute(_LOCK, {"key": first})
            await held.wait()
            await tx.execute(_LOCK, {"key": second})

    held = asyncio.Barrier(2)
    ends = await asyncio.gather(lock(1, 2, held), lock(2, 1, held), return_exceptions=True)
    (victim,) = [end for end in ends if end is not None]
    assert isinstance(victim, DatabaseAway)
    assert state_of(victim) == "40P01"
    await database.ping()


async def test_a_lock_that_is_not_to_be_had_passes(database: Database) -> None:
    async with database.begin() as first, database.begin() as second:
        await first.execute(_LOCK, {"key": 7})
        await second.execute(text("SET LOCAL lock_timeout = '1ms'"))
        with pytest.raises(DatabaseAway):
            await second.execute(_LOCK, {"key": 7})


@pytest.mark.parametrize(
    ("statement", "values", "state"),
    [
        ("SELECT nothing", {}, "42703"),
        ("SELEC 1", {}, "42601"),
        ("SELECT 1 / 0", {}, "22012"),
        ("SELECT count(*) FROM users", {}, "42501"),
        ("SELECT CAST(:it AS integer)", {"it": "words"}, "22000"),  # found by the driver
    ],
    ids=["name", "syntax", "zero", "rights", "argument"],
)
async def test_a_wrong_statement_stays_wrong(
    database: Database, statement: str, values: dict[str, str], state: str | None
) -> None:
    for lent in (database.begin, database.autocommit):
        with pytest.raises(DBAPIError) as wrong:
            async with lent() as connection:
                await connection.execute(text(statement), values)
        assert wrong.value.orig is not None
        assert sqlstate(wrong.value.orig) == state
    await database.ping()


async def test_a_constraint_is_no_outage(database: Database) -> None:
    create = text("CREATE TEMPORARY TABLE pairs (it integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    insert = text("INSERT INTO pairs VALUES (1), (1)")
    with pytest.raises(IntegrityError, match="duplicate key"):  # from the commit
        await run(database, create, insert)


async def test_a_statement_that_the_server_cuts_short_is_no_outage(database: Database) -> None:
    short = text("SET LOCAL statement_timeout = '1ms'")
    with pytest.raises(DBAPIError, match="statement timeout"):
        await run(database, short, text("SELECT pg_sleep(60)"))


@pytest.mark.parametrize("error", [OSError("a disk"), TimeoutError("a store")])
async def test_an_error_of_the_block_itself_passes_through(
    database: Database, error: Exception
) -> None:
    async def fails(lent: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        async with lent() as connection:
            await connection.execute(text("SELECT 1"))
            raise error

    for lent in (database.begin, database.autocommit):
        with pytest.raises(type(error)) as seen:
            await fails(lent)
        assert seen.value is error


async def test_whoever_is_cancelled_in_a_statement_is_only_cancelled(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), database.autocommit() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))
    await database.ping()
