"""What one user may have: bytes stored, and videos under way. Counted in Postgres, every time.

A creation counts and inserts in one transaction under a lock of its user, so that of many at once
not one too many gets in. Nothing is counted beside the rows themselves: whatever ends or deletes a
video, by whatever way, makes room for the next at once.
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


def refusal(usage: Usage, size: int) -> RateLimited | None:
    """Return why a video of `size` more bytes cannot begin; None when it can."""
    if usage.active_allowed is not None and usage.active >= usage.active_allowed:
        videos = f"{usage.active} video{'' if usage.active == 1 else 's'}"
        return RateLimited(
            f"You have {videos} in progress. The limit is {usage.active_allowed}. "
            "Wait until one is ready, or cancel or delete one.",
            "quota_exceeded",
            retry_after_s=_ACTIVE_RETRY_S,
        )
    if usage.bytes_allowed is not None and usage.bytes_used + size > usage.bytes_allowed:
        used, allowed = _human(usage.bytes_used), _human(usage.bytes_allowed)
        return RateLimited(
            f"You use {used} of {allowed}, and this file needs {_human(size)} more. "
            "Delete a video first.",
            "quota_exceeded",
            retry_after_s=_BYTES_RETRY_S,
        )
    return None


async def usage_of(connection: AsyncConnection, settings: Settings, user_id: uuid.UUID) -> Usage:
    """Count all that a user has."""
    used, active = await _count(connection, user_id, with_bytes=True, with_active=True)
    return Usage(
        used, settings.user_quota_bytes or None, active, settings.user_quota_active or None
    )


async def refused(
    connection: AsyncConnection, settings: Settings, user_id: uuid.UUID, size: int | None
) -> RateLimited | None:
    """Count what is limited and return why one more video cannot begin; None when it can.

    Args:
        connection: in a transaction that holds `lock`, or else the answer may be old.
        settings: with the limits.
        user_id: whose video it would be.
        size: bytes that it would add at once; None for one that is stored already.
    """
    allowed_bytes = None if size is None else settings.user_quota_bytes or None
    active_allowed = settings.user_quota_active or None
    used, active = await _count(
        connection,
        user_id,
        with_bytes=allowed_bytes is not None,
        with_active=active_allowed is not None,
    )
    return refusal(Usage(used, allowed_bytes, active, active_allowed), size or 0)


async def look(db: Database, settings: Settings, user_id: uuid.UUID, size: int) -> None:
    """Raise what would refuse a video of `size` bytes now; another one may still come first.

    Raises:
        RateLimited: `quota_exceeded`.
    """
    if not _limited(settings):
        return
    async with db.read() as connection:
        reason = await refused(connection, settings, user_id, size)
    if reason is not None:
        raise reason


async def lock(tx: AsyncConnection, settings: Settings, user_id: uuid.UUID) -> None:
    """Have a user's creations wait for each other until the transaction ends.

    Take it before any row is locked, and count in a statement after it: one that waits for the
    lock itself would count what was there before it waited.
    """
    if _limited(settings):
        key = int.from_bytes(user_id.bytes[8:], signed=True)
        await tx.execute(_LOCK, {"key": key})


async def admit_again(tx: AsyncConnection, settings: Settings, user_id: uuid.UUID) -> None:
    """Let a video that is stored already be worked on again.

    Only videos under way are counted: what its renditions will take is not known, and who is over
    the limit of bytes should not be kept from having what they have made ready. The transaction
    holds `lock`.

    Raises:
        RateLimited: `quota_exceeded`.
    """
    reason = await refused(tx, settings, user_id, None)
    if reason is not None:
        raise reason


def _limited(settings: Settings) -> bool:
    return bool(settings.user_quota_bytes or settings.user_quota_active)


async def _count(
    connection: AsyncConnection, user_id: uuid.UUID, *, with_bytes: bool, with_active: bool
) -> tuple[int, int]:
    bound = {"user": user_id, "with_bytes": with_bytes, "with_active": with_active}
    row = (await connection.execute(_USAGE, bound)).one()
    return int(row.bytes), int(row.active)


def _human(size: int) -> str:
    return ByteSize(size).human_readable()
