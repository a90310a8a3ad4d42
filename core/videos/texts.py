"""Texts of a video that people add, change and remove; those of its file too, until the next job.

The caller has locked the video (`lifecycle.lock`), so no two change its texts at once.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict, NotFound
from core.model.ids import new_id
from core.model.states import TextKind
from core.model.tables import TextTrack
from core.videos import lifecycle, purges

MOST = 100  # of one video, beside those of its file


@dataclass(frozen=True)
class NewText:
    """A text whose file is stored; `size` in bytes."""

    id: uuid.UUID
    language: str | None
    title: str | None
    is_default: bool
    s3_key: str
    size: int


@dataclass(frozen=True)
class FoundText:
    """A text that a job has found in the file of its video, and stored; `size` in bytes."""

    kind: TextKind
    language: str | None
    title: str | None
    is_default: bool
    is_forced: bool
    s3_key: str
    size: int


def present(video_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition for the texts that a video has now, beside its chapters."""
    return (
        (TextTrack.video_id == video_id)
        & TextTrack.kept_until.is_(None)
        & (TextTrack.kind == TextKind.SUBTITLES)
    )


async def require_room(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """Refuse one text more than a video may have.

    Raises:
        Conflict: `too_many_tracks`.
    """
    added = present(video_id) & TextTrack.job_id.is_(None)
    count = await tx.scalar(select(func.count()).select_from(TextTrack).where(added))
    if (count or 0) >= MOST:
        raise Conflict(
            f"A video can have at most {MOST} captions. Remove one first.", "too_many_tracks"
        )


async def add(tx: AsyncConnection, video_id: uuid.UUID, text: NewText) -> None:
    """Add a text; raises as `require_room`."""
    await require_room(tx, video_id)
    if text.is_default:
        await _no_other_default(tx, video_id)
    await tx.execute(
        insert(TextTrack).values(
            **asdict(text), video_id=video_id, kind=TextKind.SUBTITLES, is_forced=False
        )
    )
    await lifecycle.touch(tx, video_id)


async def size_of(tx: AsyncConnection, video_id: uuid.UUID, text_id: uuid.UUID) -> int:
    """Return the bytes of a text; raises as `change`."""
    where = present(video_id), TextTrack.id == text_id
    size: int | None = await tx.scalar(select(TextTrack.size).where(*where))
    if size is None:
        raise _unknown()
    return size


async def change(
    tx: AsyncConnection, video_id: uuid.UUID, text_id: uuid.UUID, **values: Any
) -> None:
    """Change a text. With another `s3_key` the file before is removed when its last URL has ended.

    Raises:
        NotFound: the video has no such text (any more).
    """
    before = await tx.scalar(
        select(TextTrack.s3_key).where(present(video_id), TextTrack.id == text_id)
    )
    if before is None:
        raise _unknown()
    if values.get("is_default"):
        await _no_other_default(tx, video_id)
    if "s3_key" in values:
        await purges.schedule_removal(tx, before, wait=purges.LONGEST_URL)
    await tx.execute(
        update(TextTrack).where(TextTrack.id == text_id).values(**values, updated_at=func.now())
    )
    await lifecycle.touch(tx, video_id)


async def remove(tx: AsyncConnection, video_id: uuid.UUID, text_id: uuid.UUID) -> None:
    """Remove a text; raises as `change`."""
    key = await tx.scalar(
        delete(TextTrack)
        .where(present(video_id), TextTrack.id == text_id)
        .returning(TextTrack.s3_key)
    )
    if key is None:
        raise _unknown()
    await purges.schedule_removal(tx, key, wait=purges.LONGEST_URL)
    await lifecycle.touch(tx, video_id)


async def add_found(
    tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID, found: Sequence[FoundText]
) -> None:
    """Add the texts that a job has found; whoever calls it tells of the change."""
    rows = [
        {"id": new_id(), "video_id": video_id, "job_id": job_id, **asdict(each)} for each in found
    ]
    if rows:
        await tx.execute(insert(TextTrack).values(rows))


async def keep_for_a_while(tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Let the texts that earlier jobs have found end when nobody can be watching them any more."""
    replaced = await tx.scalars(
        update(TextTrack)
        .where(
            TextTrack.video_id == video_id,
            TextTrack.job_id != job_id,
            TextTrack.kept_until.is_(None),
        )
        .values(kept_until=func.now() + purges.LONGEST_TOKEN)
        .returning(TextTrack.s3_key)
    )
    await purges.schedule_removal(tx, *replaced.all(), wait=purges.LONGEST_PLAY)


async def withdraw(tx: AsyncConnection, job_id: uuid.UUID) -> None:
    """Remove the texts that a job has found: it has not succeeded."""
    keys = await tx.scalars(
        delete(TextTrack).where(TextTrack.job_id == job_id).returning(TextTrack.s3_key)
    )
    await purges.schedule_removal(tx, *keys.all())


async def _no_other_default(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    chosen = update(TextTrack).where(present(video_id), TextTrack.is_default)
    await tx.execute(chosen.values(is_default=False))


def _unknown() -> NotFound:
    return NotFound("This video has no such captions.")
