"""Removes links to videos that expired long ago."""

from sqlalchemy import delete, func, select

from core.adapters.postgres import Database
from core.model.tables import Share
from core.videos.shares import KEEP_EXPIRED

_PAGE = 1_000


async def forget_expired(db: Database) -> int:
    """Remove links that expired long ago; return how many there were."""
    due = (
        select(Share.id)
        .where(Share.expires_at < func.now() - KEEP_EXPIRED)
        .order_by(Share.expires_at)
        .limit(_PAGE)
        .with_for_update(skip_locked=True)  # who has them locked removes them
    )
    removed = 0
    while True:
        async with db.begin() as tx:
            gone = await tx.execute(delete(Share).where(Share.id.in_(due)))
        removed += gone.rowcount
        if gone.rowcount < _PAGE:
            return removed
