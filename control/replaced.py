"""Forgets what could be streamed of a job that a later one has replaced, when nobody can any more.

Its objects are removed by `purges.py`.
"""

from sqlalchemy import and_, delete, func, select

from core.adapters.postgres import Database
from core.model.states import AssetKind
from core.model.tables import Asset, TextTrack, Track

# That a later job has replaced: it was kept as long as the tracks.
_STORYBOARD = and_(~Asset.is_main, Asset.kind == AssetKind.STORYBOARD)
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
        # Who deletes the video has them: then they go with it.
        .with_for_update(skip_locked=True)
    )
    removed = 0
    while True:
        async with db.begin() as tx:
            found = delete(table).where(table.id.in_(due)).returning(table.job_id)
            jobs = (await tx.scalars(found)).all()
            await tx.execute(delete(Asset).where(Asset.job_id.in_(set(jobs)), _STORYBOARD))
        removed += len(jobs)
        if len(jobs) < _PAGE:
            return removed
