"""What says that Postgres is away, and what says that a statement of ours is wrong."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.adapters.postgres_errors import is_away, state_ends_connection, state_says_away

AWAY = [
    "08000", "08003", "08006", "08P01", "53000", "53100", "53200", "53300", "57P01", "57P02",
    "57P03", "57P04", "57P05", "25P03", "25006", "40001", "40P01", "55P03",
]  # fmt: skip
OURS = [
    "22003", "22012", "22P02", "23502", "23503", "23505", "23514", "25001", "25P02", "26000",
    "28P01", "34000", "3D000", "42501", "42601", "42703", "42P01", "54001", "57000", "57014",
    "P0001", "XX000",
]  # fmt: skip


@pytest.mark.parametrize("state", AWAY)
def test_what_passes_by_itself_is_away(state: str) -> None:
    assert state_says_away(state)


@pytest.mark.parametrize("state", OURS)
def test_what_the_server_found_wrong_is_not(state: str) -> None:
    assert not state_says_away(state)
    assert not state_ends_connection(state)


@pytest.mark.parametrize("state", AWAY + OURS)
def test_whoever_is_not_let_in_finds_it_away(state: str) -> None:
    assert state_says_away(state, connecting=True)


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "53100"])
def test_a_connection_outlives_what_passes(state: str) -> None:
    assert not state_ends_connection(state)


@pytest.mark.parametrize("state", ["08006", "57P01", "57P05", "25P03", "25006"])
def test_a_connection_that_is_over_is_not_lent_again(state: str) -> None:
    assert state_ends_connection(state)


def test_an_error_of_the_driver_says_it_only_when_the_connection_was_lost() -> None:
    wrong = asyncpg.DataError("invalid input for query argument $1")
    closed = asyncpg.InterfaceError("the underlying connection is closed")
    assert not is_away(DBAPIError(None, None, wrong))
    assert is_away(DBAPIError(None, None, closed, connection_invalidated=True))
    assert is_away(asyncpg.InternalClientError("unexpected"), connecting=True)


@pytest.mark.parametrize("error", [PoolTimeout(), TimeoutError(), ConnectionRefusedError()])
def test_no_answer_is_away(error: Exception) -> None:
    assert is_away(error)


@pytest.mark.parametrize("error", [ValueError(), TypeError("connect() got an unexpected keyword")])
def test_a_fault_while_connecting_stays_one(error: Exception) -> None:
    assert not is_away(error, connecting=True)
