"""Which errors mean that Postgres is away, and which are our own mistakes. Pure."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Whatever begins with one of these, by SQLSTATE.
_CLASSES = (
    "08",  # the connection broke or was not made
    "53",  # no memory, no disk, no connection left there
)
_GONE = frozenset(
    {
        "57P01",  # the server is shut down by its administrator
        "57P02",  # another of its processes crashed, and it starts again
        "57P03",  # it is starting, or on its way down
        "57P04",  # the database was dropped
        "57P05",  # the connection was idle for too long
        "25P03",  # a transaction was: its writer stood still
        "25006",  # after a failover this is the one that may only read
    }
)
PASSING = frozenset(
    {
        "40001",  # another transaction was in the way
        "40P01",  # a deadlock, of which this was the victim
        "55P03",  # a lock was not to be had in time
    }
)


def state_says_away(state: str, *, connecting: bool = False) -> bool:
    """Tell whether an SQLSTATE says that the same statement may succeed in a moment.

    While a connection is made every error counts: the password of a refused login may just be
    changing, and a starting server has many errors. A lasting error looks the same; then the log
    shows it, and no video fails because of it.
    """
    return connecting or state[:2] in _CLASSES or state in _GONE or state in PASSING


def state_ends_connection(state: str) -> bool:
    """Tell whether a connection on which this came is of no more use."""
    return state.startswith("08") or state in _GONE


def is_away(error: BaseException, *, connecting: bool = False) -> bool:
    """Tell whether an error of SQLAlchemy or the driver says that Postgres is away.

    Only of an error that came from them: what a caller's own code raises may be an `OSError` too. A
    driver's `InterfaceError` says nothing by itself, because a wrong argument is one; that the
    connection was lost under it does. While a connection is made (`connecting`) more errors say so.
    """
    if isinstance(error, DBAPIError):
        if connecting or error.connection_invalidated:
            return True
        return error.orig is not None and is_away(error.orig)
    if isinstance(error, PoolTimeout | OSError):  # a TimeoutError is an OSError
        return True
    state = sqlstate(error)
    if state is not None:
        return state_says_away(state, connecting=connecting)
    return connecting and isinstance(
        error, asyncpg.InterfaceError | asyncpg.InternalClientError | asyncpg.PostgresError
    )


def sqlstate(error: BaseException | None) -> str | None:
    """Return the SQLSTATE that the server gave; None when it was not the server that spoke."""
    found = getattr(error, "sqlstate", None)
    return found if isinstance(found, str) else None
