"""Deletes sent rows of the outbox after a while."""

from datetime import timedelta

from sqlalchemy import delete, func

from core.adapters.postgres import Database
from core.model.tables import Outbox

_KEPT = timedelta(hours=1)


async def forget_sent(db: Database) -> int:
    """Remove rows that were sent a while ago; return how many there were."""
    async with db.begin() as tx:
        gone = await tx.execute(delete(Outbox).where(Outbox.sent_at < func.now() - _KEPT))
        return int(gone.rowcount)
