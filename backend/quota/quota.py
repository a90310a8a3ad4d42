"""The quota of one user: bytes stored and videos in progress, counted in Postgres each time.

An upload is counted and inserted in one transaction, under a lock of its user. So many requests at
once cannot exceed the quota. There is no separate counter: the rows are counted, so every video
that ends or is deleted makes room at once.
"""

import uuid

from pydantic import ByteSize
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.settings import Settings
from core.adapters.postgres import Database
from core.errors import RateLimited

# Somebody has to delete something, or a worker to finish something; sooner there is no point.
_BYTES_RETRY_S = 3600
_ACTIVE_RETRY_S = 60

# The low half of a user's id, of which UUIDv7 makes 62 bits at random; should two users ever share
# one they would only wait for each other.
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
# States as literals: with bound ones a prepared statement could not use the partial indexes. What
# is not limited is not counted.
_USAGE = text(
    "SELECT CASE WHEN :with_bytes THEN (WITH live AS"
    " (SELECT id, source_size FROM videos WHERE user_id = :user AND state <> 'deleted')"
    " SELECT ((SELECT coalesce(sum(source_size), 0) FROM live)"
    " + (SELECT coalesce(sum(size), 0) FROM assets WHERE video_id IN (SELECT id FROM live))"
    " + (SELECT coalesce(sum(size), 0) FROM text_tracks WHERE video_id IN (SELECT id FROM live))"
    ")::bigint) ELSE 0 END AS bytes,"
    " CASE WHEN :with_active THEN (SELECT count(*) FROM videos"
    " WHERE user_id = :user AND state IN ('uploading', 'queued', 'processing'))"
    " ELSE 0 END AS active"
)


async def used(
    connection: AsyncConnection,
    user_id: uuid.UUID,
    *,
    with_bytes: bool = True,
    with_active: bool = True,
) -> tuple[int, int]:
    """Count what a user has, or one kind of it: bytes stored, and videos in progress.

    The bytes are the declared sizes of the sources of all videos that are not deleted, and the true
    ones of all that was made of them.
    """
    bound = {"user": user_id, "with_bytes": with_bytes, "with_active": with_active}
    row = (await connection.execute(_USAGE, bound)).one()
    return int(row.bytes), int(row.active)


async def admit(
    connection: AsyncConnection, settings: Settings, user_id: uuid.UUID, size: int | None = None
) -> None:
    """Refuse one more video that would be too much.

    Args:
        connection: in a transaction that holds `lock`, or else the answer may be old.
        settings: with the limits.
        user_id: whose video it would be.
        size: bytes that it would add at once. None for a video that is stored already: then only
            those under way are counted. What its renditions will take is not known, and who is over
            the limit of bytes should not be kept from having what they have made ready.

    Raises:
        RateLimited: `quota_exceeded`.
    """
    most, allowed = settings.user_quota_active, settings.user_quota_bytes if size else 0
    stored, active = await used(connection, user_id, with_bytes=allowed > 0, with_active=most > 0)
    if most and active >= most:
        videos = f"{active} video{'' if active == 1 else 's'}"
        raise RateLimited(
            f"You have {videos} in progress. The limit is {most}. "
            "Wait until one is ready, or cancel or delete one.",
            "quota_exceeded",
            retry_after_s=_ACTIVE_RETRY_S,
        )
    _require_bytes(stored, allowed, size or 0)


async def admit_bytes(
    connection: AsyncConnection, settings: Settings, user_id: uuid.UUID, size: int
) -> None:
    """Refuse `size` bytes more that would be too much; as `admit`, whatever is in progress."""
    if allowed := settings.user_quota_bytes:
        stored, _ = await used(connection, user_id, with_active=False)
        _require_bytes(stored, allowed, size)


def _require_bytes(stored: int, allowed: int, size: int) -> None:
    if size and allowed and stored + size > allowed:
        raise RateLimited(
            f"You use {_human(stored)} of {_human(allowed)}, and this file needs {_human(size)} "
            "more. Delete a video first.",
            "quota_exceeded",
            retry_after_s=_BYTES_RETRY_S,
        )


async def look(db: Database, settings: Settings, user_id: uuid.UUID, size: int) -> None:
    """Raise what would refuse a video of `size` bytes now; another one may still come first.

    Raises:
        RateLimited: `quota_exceeded`.
    """
    if _limited(settings):
        async with db.autocommit() as connection:
            await admit(connection, settings, user_id, size)


async def lock(tx: AsyncConnection, settings: Settings, user_id: uuid.UUID) -> None:
    """Have a user's creations wait for each other until the transaction ends.

    Take it before any row is locked, and count in a statement after it: one that waits for the
    lock itself would count what was there before it waited.
    """
    if _limited(settings):
        key = int.from_bytes(user_id.bytes[8:], signed=True)
        await tx.execute(_LOCK, {"key": key})


def _limited(settings: Settings) -> bool:
    return bool(settings.user_quota_bytes or settings.user_quota_active)


def _human(size: int) -> str:
    return ByteSize(size).human_readable()
