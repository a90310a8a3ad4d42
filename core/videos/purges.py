"""Schedules the removal of objects, with the change that makes them useless."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import object_keys
from core.model.ids import new_id
from core.model.tables import Purge

# A worker that lost its lease stops at its next heartbeat, or when its last request ends.
GRACE = timedelta(minutes=2)
# No URL that was given out is good for longer: MEDIA_URL_TTL_S is at most that.
LONGEST_URL = timedelta(hours=1)
NOW = timedelta(0)
# Who watches what is replaced may go on: a token of `backend/playback` is good for no longer,
LONGEST_TOKEN = timedelta(hours=24)
# and its last URL ends soon after it.
LONGEST_PLAY = LONGEST_TOKEN + timedelta(minutes=10)


async def schedule_removal(
    tx: AsyncConnection, *prefixes: str, wait: timedelta | None = None
) -> None:
    """Write down what `control/purges.py` is to remove from the bucket.

    Args:
        tx: the transaction.
        *prefixes: of the objects, and of uploads that are not complete.
        wait: until then they stay; by default until a worker without a lease must have stopped.
    """
    not_before = func.now() + (GRACE if wait is None else wait)
    rows = [{"id": new_id(), "prefix": each, "not_before": not_before} for each in prefixes]
    if rows:
        await tx.execute(insert(Purge).values(rows))


async def storing(tx: AsyncConnection, key: str) -> uuid.UUID:
    """Write down an object before it is stored: it is removed unless `keep` follows in an hour.

    So nothing stays of a request that failed, or of a process that was killed. Returns what `keep`
    is to be called with.
    """
    purge_id = new_id()
    not_before = func.now() + LONGEST_URL
    await tx.execute(insert(Purge).values(id=purge_id, prefix=key, not_before=not_before))
    return purge_id


async def keep(tx: AsyncConnection, purge_id: uuid.UUID) -> bool:
    """Keep what `storing` has written down; False if it took too long and is gone."""
    called_off = await tx.execute(delete(Purge).where(Purge.id == purge_id))
    return bool(called_off.rowcount)


async def schedule_attempts(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, key: str | None, up_to: int
) -> None:
    """Have the outputs of a task's attempts 1 to `up_to` removed.

    `key` is None for a task of the release before.
    """
    numbers = range(1, up_to + 1)
    await schedule_removal(
        tx, *(object_keys.attempt_prefix(video_id, job_id, key, number) for number in numbers)
    )
