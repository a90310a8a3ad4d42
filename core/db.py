"""The database engine, and the only ways to use it: `begin` to change, `read` to look."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import ARRAY, UUID, ColumnElement, ExceptionContext, bindparam, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.connector import connector
from core.secret import Secret

# What a database that is away raises, or one whose connections are all lent for too long.
AWAY = (DBAPIError, PoolTimeout, OSError)

# Longer than a crowd that may be answered at once (MAX_REQUESTS) takes on one core, and shorter
# than the patience of its clients.
_PATIENCE_S = 10.0


def is_away(error: Exception) -> bool:
    """Tell whether an error says that Postgres is away, and not that a statement is wrong.

    A connection that is lost in the middle shows as whatever the driver was at. A login that is
    refused counts too (see `_name_refusals`): while a password is being changed the database may
    know the new one before the secret has it, and that passes. A password that is wrong for good
    looks the same here; the log says which, and nobody's film is failed for it.
    """
    if isinstance(error, DBAPIError):
        lost = (OperationalError, InterfaceError, InternalError)
        return error.connection_invalidated or isinstance(error, lost)
    return isinstance(error, AWAY)


class Database:
    """A pool of connections to Postgres.

    Statements are SQLAlchemy Core on connections: rows are values, nothing is loaded lazily, and
    no session can flush behind our back.

    Args:
        url: where Postgres is.
        pool_size: connections at the most.
        secret: has the password, and perhaps the user, where `url` has none.
    """

    def __init__(self, url: str, pool_size: int = 10, secret: Secret | None = None) -> None:
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
            # An error is logged with its statement: what was bound to it may be nobody's business.
            hide_parameters=True,
        )
        event.listen(self._engine.sync_engine, "handle_error", _name_refusals)
        self._free = asyncio.Semaphore(pool_size)
        # One statement, no BEGIN and COMMIT around it: a third of the round trips.
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end of the block and rolls back on an error.

        Never keep one open across S3, SQS or FFmpeg.
        """
        async with self._lend(), self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection on which each statement stands alone; for reading."""
        async with self._lend(), self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[None]:
        """Wait for a connection, first come, first served.

        The engine's own pool gives what comes back to whoever asks at that moment, so that in a
        crowd some wait for ever while others pass them.

        Raises:
            TimeoutError: SQLAlchemy's; all have been lent for too long.
        """
        if self._free.locked():
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._free.acquire()
            except TimeoutError:
                raise PoolTimeout(f"no connection became free in {_PATIENCE_S:g} s") from None
        else:
            await self._free.acquire()  # at once
        try:
            yield
        finally:
            self._free.release()

    async def ping(self) -> None:
        """Ask for an answer; raises what the driver raises when there is none."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _name_refusals(context: ExceptionContext) -> None:
    """Have a database that lets nobody in, as it does while it starts, count as one that is away.

    The driver has other errors for that than for one that does not answer.
    """
    error = context.sqlalchemy_exception
    if context.connection is None and isinstance(error, DBAPIError) and error.orig is not None:
        raise OperationalError(None, None, error.orig) from context.original_exception


# Many ids as one bound array: `= ANY(:ids)` is one statement for any number of them.
IDS: ColumnElement[Sequence[uuid.UUID]] = bindparam("ids", type_=ARRAY(UUID(as_uuid=True)))
