"""Forgets what could be streamed of a job that a later one has replaced, when nobody can any more.

Its objects are removed by `purges.py`.
"""

from sqlalchemy import delete, func, select

from core.adapters.postgres import Database
from core.model.tables import TextTrack, Track

_PAGE = 100  # tracks; one of a film of 2 h has 700 spans


async def forget_tracks(db: Database) -> int:
    """Remove tracks whose time has passed, with their spans; return how many there were."""
    return await _forget(db, Track) + await _forget(db, TextTrack)


async def _forget(db: Database, table: type[Track | TextTrack]) -> int:
    due = (
        select(table.id)
        .where(table.kept_until < func.now())
        .order_by(table.kept_until)
        .limit(_PAGE)
    )
    removed = 0
    while True:
        async with db.begin() as tx:
            gone = await tx.execute(delete(table).where(table.id.in_(due)))
        removed += gone.rowcount
        if gone.rowcount < _PAGE:
            return removed
