"""The database engine, and the only ways to use it: `begin` for a transaction, `autocommit`."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import ARRAY, UUID, ColumnElement, ExceptionContext, bindparam, event, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.adapters.database_login import Secret, connector
from core.adapters.postgres_errors import PASSING, is_away, sqlstate, state_ends_connection
from core.errors import DatabaseAway, RowBusy

# Longer than MAX_REQUESTS requests need on one core, and shorter than clients wait.
_PATIENCE_S = 10.0
# Our transactions are short. A longer lock belongs to a process that hangs, or to an operator, and
# each statement that waits for it blocks a connection.
_LOCK_S = 5.0


class Database:
    """A pool of connections to Postgres.

    Statements are SQLAlchemy Core on connections: rows are values, nothing is loaded lazily, and
    no session can flush behind our back.

    Whatever says that Postgres is away is raised as `DatabaseAway`, from getting a connection,
    from each statement and from the commit; see `postgres_errors`. Every other error stays what
    SQLAlchemy made of it. Errors of the caller's own code in a block pass through untouched.

    Args:
        url: where Postgres is.
        pool_size: connections at the most.
        secret: has the password, and perhaps the user, where `url` has none.
        lock_s: seconds that a statement waits for a lock; then it raises `RowBusy`.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 10,
        secret: Secret | None = None,
        lock_s: float = _LOCK_S,
    ) -> None:
        self._engine = create_async_engine(
            url,
            async_creator=connector(
                url,
                secret,
                timeout=5,
                command_timeout=30,
                server_settings={
                    "application_name": "framemill",
                    # A writer that stops half-way must not hold its row locks for ever.
                    "idle_in_transaction_session_timeout": "30000",
                    "lock_timeout": str(round(lock_s * 1000)),
                    "jit": "off",  # compiling takes longer than our short statements run
                },
            ),
            pool_size=pool_size,
            max_overflow=0,
            # `_lend` has the waiting; this is for one that is still on its way back from somebody
            # who was cancelled.
            pool_timeout=5,
            pool_pre_ping=False,
            pool_recycle=1800,
            # An error is logged with its statement, but without its values, which may be private.
            hide_parameters=True,
        )
        event.listen(self._engine.sync_engine, "handle_error", _name_outages)
        self._free = asyncio.Semaphore(pool_size)
        # One statement, no BEGIN and COMMIT around it: a third of the round trips.
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end of the block and rolls back on an error.

        Never keep one open across S3, SQS or FFmpeg.

        Raises:
            DatabaseAway: also from the statements in the block and from the commit.
        """
        async with self._lend(self._engine) as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection on which each statement is a transaction of its own.

        Raises:
            DatabaseAway: also from the statements in the block.
        """
        async with self._lend(self._autocommit) as connection:
            yield connection

    @asynccontextmanager
    async def _lend(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Wait for a connection, first come, first served.

        The engine's own pool gives a free connection to any caller, so that under load some callers
        wait for ever.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseAway(f"no connection became free in {_PATIENCE_S:g} s") from None
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_exit(connection := await _connect(engine))
                try:
                    yield connection
                except PendingRollbackError as error:
                    if not connection.invalidated:
                        raise
                    # Somebody went on although the connection was lost under them.
                    raise _away(error) from error
        finally:
            self._free.release()

    async def ping(self) -> None:
        """Ask for an answer; raises `DatabaseAway` when there is none."""
        async with self.autocommit() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    """Take a connection from the pool, or make one.

    Not every error of that comes past `_name_outages`: one that is no error of a driver does not,
    nor one in the first words that are exchanged.
    """
    try:
        return await engine.connect()
    except DatabaseAway:
        raise
    except Exception as error:
        if is_away(error, connecting=True):
            raise _away(error) from error
        raise


def _name_outages(context: ExceptionContext) -> None:
    """Raise `DatabaseAway` for what the driver raised, where it says that; SQLAlchemy calls it."""
    original = context.original_exception
    if isinstance(original, DatabaseAway):  # of a connection that was made in the middle
        raise original
    if not isinstance(original, Exception):  # somebody was cancelled
        return
    known = context.sqlalchemy_exception or original
    if is_away(known, connecting=context.connection is None):
        if state_ends_connection(sqlstate(original) or ""):
            context.is_disconnect = True  # nobody is to be lent it again
        raise _away(original) from original


def _away(error: Exception) -> DatabaseAway:
    kind = RowBusy if sqlstate(error) in PASSING else DatabaseAway
    # Its first line says it all.
    return kind(str(error).partition("\n")[0] or repr(error))


# Many ids as one bound array: `= ANY(:ids)` is one statement for any number of them.
IDS: ColumnElement[Sequence[uuid.UUID]] = bindparam("ids", type_=ARRAY(UUID(as_uuid=True)))
