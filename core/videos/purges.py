"""Objects to remove from the bucket: written with the change that made them useless."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import object_keys
from core.model.ids import new_id
from core.model.tables import Purge

# A worker that lost its lease stops at its next heartbeat, or when its last request ends.
GRACE = timedelta(minutes=2)
# No URL that was given out is good for longer: MEDIA_URL_TTL_S is at most that.
LONGEST_URL = timedelta(hours=1)


async def purge(
    tx: AsyncConnection,
    prefix: str,
    s3_upload_id: str | None = None,
    *,
    wait: timedelta = timedelta(0),
) -> None:
    """Have what is under a prefix removed, or a multipart upload aborted.

    Args:
        tx: the transaction.
        prefix: of the objects; with an upload its whole key.
        s3_upload_id: the multipart upload.
        wait: until then it stays; then the next sweep removes it.
    """
    values = {"id": new_id(), "prefix": prefix, "s3_upload_id": s3_upload_id}
    await tx.execute(insert(Purge).values(**values, not_before=func.now() + wait))


async def purge_all(
    tx: AsyncConnection, prefixes: Iterable[str], wait: timedelta | None = None
) -> None:
    """Have what is under some prefixes removed after `wait`, or once silent workers stopped."""
    not_before = func.now() + (wait or GRACE)
    rows = [{"id": new_id(), "prefix": each, "not_before": not_before} for each in prefixes]
    if rows:
        await tx.execute(insert(Purge).values(rows))


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
