"""The quota of one user: bytes stored and videos in progress, counted in Postgres each time.

An upload is counted and inserted in one transaction, under a lock of its user. So many requests at
once cannot exceed the quota. There is no separate counter: the rows are counted, so every video
that ends or is deleted makes room at once.
"""

import uuid
from dataclasses import dataclass

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
    ")::bigint) ELSE 0 END AS bytes,"
    " CASE WHEN :with_active THEN (SELECT count(*) FROM videos"
    " WHERE user_id = :user AND state IN ('uploading', 'queued', 'processing'))"
    " ELSE 0 END AS active"
)


@dataclass(frozen=True)
class Usage:
    """What a user has and may have; None where nothing limits it.

    Attributes:
        bytes_used: declared sizes of the sources of all videos that are not deleted, and the true
            ones of all that was made of them.
        bytes_allowed: at most so many when another one begins.
        active: videos that are being uploaded, wait, or are worked on.
        active_allowed: at most so many at once.
    """

    bytes_used: int
    bytes_allowed: int | None
    active: int
    active_allowed: int | None


async def usage_of(
    connection: AsyncConnection,
    settings: Settings,
    user_id: uuid.UUID,
    *,
    with_bytes: bool = True,
    with_active: bool = True,
) -> Usage:
    """Count what a user has: all of it, or one kind."""
    bound = {"user": user_id, "with_bytes": with_bytes, "with_active": with_active}
    row = (await connection.execute(_USAGE, bound)).one()
    return Usage(
        int(row.bytes),
        (with_bytes and settings.user_quota_bytes) or None,
        int(row.active),
        (with_active and settings.user_quota_active) or None,
    )


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
    usage = await usage_of(
        connection,
        settings,
        user_id,
        with_bytes=size is not None and settings.user_quota_bytes > 0,
        with_active=settings.user_quota_active > 0,
    )
    if usage.active_allowed is not None and usage.active >= usage.active_allowed:
        videos = f"{usage.active} video{'' if usage.active == 1 else 's'}"
        raise RateLimited(
            f"You have {videos} in progress. The limit is {usage.active_allowed}. "
            "Wait until one is ready, or cancel or delete one.",
            "quota_exceeded",
            retry_after_s=_ACTIVE_RETRY_S,
        )
    if usage.bytes_allowed is not None and usage.bytes_used + (size or 0) > usage.bytes_allowed:
        used, allowed = _human(usage.bytes_used), _human(usage.bytes_allowed)
        raise RateLimited(
            f"You use {used} of {allowed}, and this file needs {_human(size or 0)} more. "
            "Delete a video first.",
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
