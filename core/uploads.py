"""How an upload ends: completed, aborted or expired. Used by the API and by the sweep.

S3 is asked outside of any transaction; one short transaction then writes what it answered. Each
step may be repeated: whoever comes second finds it done and gives the same answer.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import any_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import jobs, keys, videos
from core.db import IDS, Database
from core.errors import Conflict, Invalid
from core.events import VideoEvent
from core.ids import new_id
from core.models import Purge, Upload, Video
from core.parts import size_of_part
from core.states import UPLOAD_TRANSITIONS, UploadState, VideoState, sources_of
from core.storage import Part, RejectedParts, Storage


@dataclass(frozen=True)
class UploadRow:
    """An upload as it stands in the table; sizes in bytes."""

    id: uuid.UUID
    video_id: uuid.UUID
    user_id: uuid.UUID
    filename: str
    size: int
    part_size: int
    part_count: int
    state: str
    s3_key: str
    s3_upload_id: str
    expires_at: Any
    created_at: Any


COLUMNS = [getattr(Upload, name) for name in UploadRow.__dataclass_fields__]
_BY_ID = select(*COLUMNS).where(Upload.id == any_(IDS))


async def load(db: Database, upload_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, UploadRow]:
    """Return those uploads that exist, whoever owns them."""
    async with db.read() as connection:
        rows = (await connection.execute(_BY_ID, {"ids": list(upload_ids)})).all()
    return {row.id: UploadRow(*row) for row in rows}


def check_parts(upload: UploadRow, held: Sequence[Part], named: Mapping[int, str] | None) -> None:
    """Compare the parts that S3 holds with the plan and with what the client says.

    Done here because not every store does it: parts in order, none missing, none of another size.

    Raises:
        Invalid: `part_mismatch`, with the numbers of the first parts that are wrong.
    """
    sizes = {part.number: part.size for part in held}
    wrong = [
        number
        for number in range(1, upload.part_count + 1)
        if sizes.get(number) != size_of_part(number, upload.size, upload.part_size)
    ]
    wrong += [number for number in sizes if number > upload.part_count]
    if wrong:
        raise _mismatch("are missing or have another size", wrong)
    if named is None:
        return
    etags = {part.number: part.etag for part in held}
    unknown = [number for number in named if number not in etags]
    other = [number for number, etag in etags.items() if named.get(number) != etag]
    if unknown or other:
        raise _mismatch("differ from what was uploaded", sorted({*unknown, *other}))


def _mismatch(what: str, numbers: Sequence[int]) -> Invalid:
    listed = ", ".join(str(number) for number in numbers[:10])
    more = "" if len(numbers) <= 10 else f" and {len(numbers) - 10} more"
    return Invalid(f"Parts {listed}{more} {what}.", "part_mismatch")


async def complete(
    db: Database, storage: Storage, upload: UploadRow, named: Mapping[int, str] | None = None
) -> VideoEvent | None:
    """Put the parts together and queue the video; None when that was done before.

    Args:
        db: the database.
        storage: the object store.
        upload: as it was read.
        named: the parts' ETags by number, if the client names them.

    Raises:
        Conflict: the upload was aborted or has expired.
        Invalid: `part_mismatch`, or `size_mismatch`: then the object is deleted.
    """
    if upload.state == UploadState.COMPLETED:
        return None
    if upload.state != UploadState.OPEN:
        raise Conflict(f"This upload is {upload.state}; start a new one.")
    held = await storage.list_parts(upload.s3_key, upload.s3_upload_id)
    if held is not None:
        check_parts(upload, held, named)
        try:
            await storage.complete_upload(upload.s3_key, upload.s3_upload_id, held)
        except RejectedParts as error:
            raise Invalid(f"The parts were refused: {error}.", "part_mismatch") from error
    return await adopt(db, storage, upload)


async def adopt(db: Database, storage: Storage, upload: UploadRow) -> VideoEvent | None:
    """Queue the video of an upload that S3 has completed; None when that was done before.

    Raises:
        Conflict: S3 has neither the object nor the upload.
        Invalid: `size_mismatch`; the object is deleted and the upload is over.
    """
    found = await storage.head(upload.s3_key)
    if found is None:
        raise Conflict("The store no longer knows this upload; start a new one.")
    if found.size != upload.size:
        async with db.begin() as tx:
            await _discard(tx, upload, UploadState.ABORTED)
        raise Invalid(
            f"{found.size} bytes arrived instead of the {upload.size} that were declared. "
            "The upload was dropped; start a new one.",
            "size_mismatch",
        )
    async with db.begin() as tx:
        if not await _move(tx, upload.id, UploadState.COMPLETED):
            return None
        await tx.execute(
            update(Video).where(Video.id == upload.video_id).values(source_etag=found.etag)
        )
        _, event = await jobs.create(
            tx, upload.video_id, "transcode", only_from={VideoState.UPLOADING}
        )
        return event


async def abort(db: Database, upload: UploadRow) -> VideoEvent | None:
    """End an open upload for its owner; None when that was done before.

    Raises:
        Conflict: it is completed.
    """
    async with db.begin() as tx:
        event = await _discard(tx, upload, UploadState.ABORTED)
        if event is None:
            state = await tx.scalar(select(Upload.state).where(Upload.id == upload.id))
            if state == UploadState.COMPLETED:
                raise Conflict("This upload is completed; delete the video instead.")
        return event


async def expire(db: Database, upload: UploadRow) -> VideoEvent | None:
    """End an upload that was abandoned."""
    async with db.begin() as tx:
        return await _discard(tx, upload, UploadState.EXPIRED)


async def discard_open(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """End the open upload of a video that is being deleted, if there is one."""
    row = (
        await tx.execute(
            update(Upload)
            .where(Upload.video_id == video_id, Upload.state == UploadState.OPEN)
            .values(state=UploadState.ABORTED)
            .returning(Upload.s3_key, Upload.s3_upload_id)
        )
    ).one_or_none()
    if row is not None:
        await _purge(tx, row.s3_key, row.s3_upload_id)


async def _discard(tx: AsyncConnection, upload: UploadRow, state: UploadState) -> VideoEvent | None:
    if not await _move(tx, upload.id, state):
        return None
    await _purge(tx, upload.s3_key, upload.s3_upload_id)
    await _purge(tx, keys.video_prefix(upload.video_id), None)
    return await videos.move(tx, upload.video_id, VideoState.DELETED)


async def _move(tx: AsyncConnection, upload_id: uuid.UUID, state: UploadState) -> bool:
    result = await tx.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state.in_(sources_of(UPLOAD_TRANSITIONS, state)))
        .values(state=state)
    )
    return bool(result.rowcount)


async def _purge(tx: AsyncConnection, prefix: str, s3_upload_id: str | None) -> None:
    await tx.execute(
        insert(Purge).values(
            id=new_id(), prefix=prefix, s3_upload_id=s3_upload_id, not_before=func.now()
        )
    )
