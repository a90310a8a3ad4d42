"""Removes from the bucket what `core/videos/purges.py` has scheduled."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from control.rounds import Round
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.tables import Purge
from core.setbacks import Kind

_AT_ONCE = 3
_PURGE_LEASE = timedelta(minutes=2)


async def purge(db: Database, storage: Storage) -> int:
    """Remove the objects of due purges; return how many were removed."""
    due = select(Purge.id).where(Purge.not_before <= func.now()).order_by(Purge.not_before)

    async def one(purge_id: uuid.UUID) -> int | None:
        return await _purge(db, storage, purge_id)

    counts: list[int] = await Round(db, Kind.PURGE, _AT_ONCE).run(due, one)
    return sum(counts)


async def _purge(db: Database, storage: Storage, purge_id: uuid.UUID) -> int | None:
    async with db.begin() as tx:
        row = (
            await tx.execute(
                update(Purge)
                .where(Purge.id == purge_id, Purge.not_before <= func.now())
                .values(not_before=func.now() + _PURGE_LEASE)
                .returning(Purge.prefix, Purge.s3_upload_id)
            )
        ).one_or_none()
    if row is None:
        return None
    count = 0
    if row.s3_upload_id:
        await storage.abort_upload(row.prefix, row.s3_upload_id)
    else:
        await storage.abort_uploads(row.prefix)  # a killed worker has not ended its own
    if row.s3_upload_id is None:
        count = await storage.delete_prefix(row.prefix)
    async with db.begin() as tx:
        await tx.execute(delete(Purge).where(Purge.id == purge_id))
    return count
