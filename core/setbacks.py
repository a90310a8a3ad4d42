"""Rows that could not be handled: each waits by itself, all others go on.

A sweep, the relay or a claim that fails on one row notes it here and skips it for some time. The
wait doubles with every failure. Each failure is a line in the log (`row_set_back`; `row_put_off` if
only the store was away), and `/metrics` has the number of rows that wait. Both are alarms.
"""

import uuid
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import log
from core.adapters.postgres import Database
from core.errors import Refused, Unavailable
from core.model.tables import Setback

_log = log.get(__name__)
_FIRST_S = 5.0
_MOST_S = 3600.0
_MOST_AWAY_S = 60.0  # the store was away: go on soon after the outage
_REMEMBERED = timedelta(hours=1)
# A row that did not fail for this long after its wait was handled: its count starts at 0 again.
_HANDLED_SINCE = timedelta(minutes=2)
_SHOWN = 1000  # characters of an error


class Kind(StrEnum):
    """What was to be done to the row."""

    CLAIM = "claim"
    RELAY = "relay"
    LAPSE = "lapse"
    ADOPT = "adopt"
    UPLOAD = "upload"
    PURGE = "purge"
    FORGET = "forget"
    ACCOUNT = "account"
    DEAD_LETTER = "dead_letter"


def is_away(error: BaseException) -> bool:
    """Whether a dependency did not answer: then the row is not at fault."""
    return isinstance(error, Unavailable) and not isinstance(error, Refused)


def clear_of(kind: Kind, row_id: Any) -> ColumnElement[bool]:
    """Return the condition that a row need not wait; `row_id` is the column of its id."""
    return ~exists().where(
        Setback.kind == kind, Setback.row_id == row_id, Setback.retry_at > func.now()
    )


async def note(db: Database, kind: Kind, row_id: uuid.UUID, error: BaseException) -> None:
    """Have a row wait, longer each time, and say so in the log."""
    shown = repr(error)[:_SHOWN]
    failed_before = case(
        (Setback.retry_at < func.now() - _HANDLED_SINCE, 0), else_=Setback.attempts
    )
    wait_s = func.least(
        _MOST_AWAY_S if is_away(error) else _MOST_S,
        _FIRST_S * func.power(2.0, func.least(failed_before, 20)),
    )
    async with db.begin() as tx:
        waits_s = await tx.scalar(
            insert(Setback)
            .values(kind=kind, row_id=row_id, error=shown, retry_at=_in(_FIRST_S))
            .on_conflict_do_update(
                index_elements=[Setback.kind, Setback.row_id],
                set_={"attempts": failed_before + 1, "error": shown, "retry_at": _in(wait_s)},
            )
            .returning(func.extract("epoch", Setback.retry_at - func.now()))
        )
    told = {"kind": kind, "row": str(row_id), "retry_s": float(waits_s or 0)}
    if is_away(error):
        _log.warning("row_put_off", error=shown, **told)
    else:
        _log.error("row_set_back", exc_info=error, **told)


def _in(seconds: Any) -> Any:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


async def tidy(db: Database) -> None:
    """Forget rows that have not failed again for a while after their time had come."""
    async with db.begin() as tx:
        await tx.execute(delete(Setback).where(Setback.retry_at < func.now() - _REMEMBERED))


async def waiting(connection: AsyncConnection) -> dict[str, int]:
    """Return how many rows wait, by kind; only kinds of which some do."""
    rows = await connection.execute(
        select(Setback.kind, func.count())
        .where(Setback.retry_at > func.now())
        .group_by(Setback.kind)
    )
    return {kind: int(count) for kind, count in rows.all()}
