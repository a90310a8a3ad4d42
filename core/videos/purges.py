"""Objects to remove from the bucket: written with the change that made them useless."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import object_keys
from core.model.ids import new_id
from core.model.tables import Purge

# A worker that lost its lease stops at its next heartbeat, or when its last request ends.
GRACE = timedelta(minutes=2)


async def purge(
    tx: AsyncConnection,
    prefix: str,
    s3_upload_id: str | None = None,
    *,
    later: bool = False,
) -> None:
    """Have what is under a prefix removed, or a multipart upload aborted, by the next sweep.

    Args:
        tx: the transaction.
        prefix: of the objects; with an upload its whole key.
        s3_upload_id: the multipart upload.
        later: not before a worker that has lost its lease has stopped too.
    """
    await _insert(tx, [prefix], s3_upload_id, later=later)


async def purge_all(tx: AsyncConnection, prefixes: Iterable[str]) -> None:
    """Have what is under some prefixes removed, once a silent worker has stopped too."""
    await _insert(tx, prefixes, None, later=True)


async def purge_attempts(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, key: str, up_to: int
) -> None:
    """Have the outputs of a task's attempts 1 to `up_to` removed."""
    numbers = range(1, up_to + 1)
    await purge_all(
        tx, (object_keys.attempt_prefix(video_id, job_id, key, number) for number in numbers)
    )


async def purge_old_attempts(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, up_to: int
) -> None:
    """Have the outputs of attempts 1 to `up_to` of the release before removed."""
    numbers = range(1, up_to + 1)
    await purge_all(
        tx, (object_keys.old_attempt_prefix(video_id, job_id, number) for number in numbers)
    )


async def _insert(
    tx: AsyncConnection, prefixes: Iterable[str], s3_upload_id: str | None, *, later: bool
) -> None:
    not_before: Any = func.now() + GRACE if later else func.now()
    rows = [
        {
            "id": new_id(),
            "prefix": prefix,
            "s3_upload_id": s3_upload_id,
            "not_before": not_before,
        }
        for prefix in prefixes
    ]
    if rows:
        await tx.execute(insert(Purge).values(rows))
