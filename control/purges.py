"""Removes from the bucket what `core/videos/purges.py` has scheduled."""

import uuid
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, select, update

from control.rounds import handle_due
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.tables import Purge
from core.setbacks import Kind

_AT_ONCE = 3
_PURGE_LEASE = timedelta(minutes=2)


async def purge(db: Database, storage: Storage) -> int:
    """Remove the objects of due purges; return how many were removed."""
    due = select(Purge.id).where(Purge.not_before <= func.now()).order_by(Purge.not_before)
    return await handle_due(db, Kind.PURGE, due, partial(_purge, db, storage), _AT_ONCE)


async def _purge(db: Database, storage: Storage, purge_id: uuid.UUID) -> int:
    async with db.begin() as tx:
        prefix = await tx.scalar(
            update(Purge)
            .where(Purge.id == purge_id, Purge.not_before <= func.now())
            .values(not_before=func.now() + _PURGE_LEASE)
            .returning(Purge.prefix)
        )
    if prefix is None:
        return 0
    await storage.abort_uploads(prefix)  # a killed worker has not ended its own
    count = await storage.delete_prefix(prefix)
    async with db.begin() as tx:
        await tx.execute(delete(Purge).where(Purge.id == purge_id))
    return count
