"""Ends an upload: completed, aborted or expired. Used by the API and the sweep.

S3 is asked outside of any transaction. Then one short transaction writes its answer. Each step can
be repeated: the second call finds it done and returns the same.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import any_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import IDS, Database
from core.adapters.s3 import Part, RejectedParts, Storage
from core.errors import Conflict, DomainError, Invalid, Unavailable
from core.jobs.create import create as create_job
from core.model import object_keys
from core.model.states import UploadState, VideoState
from core.model.tables import Upload
from core.uploads.multipart import size_of_part
from core.videos import lifecycle, purges


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


_COMPLETING = timedelta(minutes=2)  # longer than one request to S3 may take
COLUMNS = [getattr(Upload, name) for name in UploadRow.__dataclass_fields__]
_BY_ID = select(*COLUMNS).where(Upload.id == any_(IDS))


async def load(db: Database, upload_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, UploadRow]:
    """Return the uploads that exist, of any owner."""
    async with db.autocommit() as connection:
        rows = (await connection.execute(_BY_ID, {"ids": list(upload_ids)})).all()
    return {row.id: UploadRow(*row) for row in rows}


def check_parts(upload: UploadRow, stored: Sequence[Part], named: Mapping[int, str] | None) -> None:
    """Compare the parts in S3 with the plan and with the client's list.

    Not every store checks that no part is missing and that every size is right, so we do.

    Raises:
        Invalid: `part_mismatch`, with the numbers of the first parts that are wrong.
    """
    sizes = {part.number: part.size for part in stored}
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
    etags = {part.number: part.etag for part in stored}
    if other := [each for each in sorted({*named, *etags}) if named.get(each) != etags.get(each)]:
        raise _mismatch("differ from what was uploaded", other)


def _mismatch(what: str, numbers: Sequence[int]) -> Invalid:
    listed = ", ".join(str(number) for number in numbers[:10])
    more = "" if len(numbers) <= 10 else f" and {len(numbers) - 10} more"
    return Invalid(f"Parts {listed}{more} {what}.", "part_mismatch")


async def complete(
    db: Database, storage: Storage, upload: UploadRow, named: Mapping[int, str] | None = None
) -> bool:
    """Complete the upload in S3 and queue its video; False when that was done before.

    `named` are the parts' ETags by number, if the client names them.

    Raises:
        Conflict: the upload was aborted or has expired, or the store has lost it: then it is over.
        Invalid: `part_mismatch`, or `size_mismatch`: then the object is deleted.
    """
    if upload.state == UploadState.COMPLETED:
        return False
    if upload.state != UploadState.OPEN:
        raise over(upload.state)
    stored = await storage.list_parts(upload.s3_key, upload.s3_upload_id)
    if stored is not None:
        check_parts(upload, stored, named)
        async with db.begin() as tx:
            # The sweep looks soon, and often again: we may die meanwhile.
            is_open = await _write(
                tx,
                upload.id,
                completing_until=func.now() + _COMPLETING,
                check_at=func.now(),
            )
        if is_open:  # else `finish` finds out how it has ended meanwhile
            try:
                await storage.complete_upload(upload.s3_key, upload.s3_upload_id, stored)
            except RejectedParts as error:
                raise Invalid(f"S3 refused the parts: {error}.", "part_mismatch") from error
    return await finish(db, storage, upload)


async def finish(db: Database, storage: Storage, upload: UploadRow) -> bool:
    """Queue the video of an upload that S3 has completed; False when that was done before.

    Raises:
        Conflict: the upload has been ended meanwhile, or S3 has neither the object nor the upload:
            then it is over.
        Invalid: `size_mismatch`; the object is deleted and the upload is over.
    """
    found = await storage.head(upload.s3_key)
    if found is None:
        raise await _missing(db, storage, upload)
    if found.size != upload.size:
        async with db.begin() as tx:
            await _discard(tx, upload, UploadState.ABORTED)
        raise Invalid(
            f"The file has {found.size} bytes, but {upload.size} were declared. "
            "The upload was deleted. Start a new one.",
            "size_mismatch",
        )
    async with db.begin() as tx:
        video = await lifecycle.lock(tx, upload.video_id)
        if video is not None and await _write(tx, upload.id, state=UploadState.COMPLETED):
            await create_job(tx, video, "transcode", source_etag=found.etag)
            return True
        state = await _state_of(tx, upload.id)
        if state == UploadState.COMPLETED:
            return False
        # It was ended while S3 completed it, before the object was there. We have seen the object,
        # so we must have it removed.
        prefix = object_keys.video_prefix(upload.video_id)
        await purges.schedule_removal(tx, prefix, wait=purges.NOW)
    raise over(state)


async def _missing(db: Database, storage: Storage, upload: UploadRow) -> DomainError:
    """Return what is answered when there is no object."""
    if await lose(db, storage, upload):
        return Conflict("The store no longer knows this upload; start a new one.")
    async with db.autocommit() as connection:
        state = await _state_of(connection, upload.id)
    if state == UploadState.OPEN:
        # Somebody has it put together at this moment.
        return Unavailable("This upload is being completed; ask again.", retry_after_s=2)
    return over(state)


async def lose(
    db: Database,
    storage: Storage,
    upload: UploadRow,
    ended: UploadState = UploadState.ABORTED,
) -> bool:
    """End an open upload that the store is proved to have lost; False when it has not.

    It has neither the parts nor what they would have become, and nobody of us is having them put
    together. Asked in this order: parts can become an object between two answers, never the
    reverse. And who puts them together says so first, for longer than this takes.
    """
    if await storage.is_open(upload.s3_key, upload.s3_upload_id):
        return False
    if await storage.head(upload.s3_key) is not None:
        return False
    async with db.begin() as tx:
        completing = await tx.scalar(
            select(Upload.id).where(Upload.id == upload.id, Upload.completing_until > func.now())
        )
        if completing is not None:
            return False
        return await _discard(tx, upload, ended)


def over(state: str | None) -> Conflict:
    """Return what is answered to who wants to go on with an upload that has ended."""
    return Conflict(f"This upload is {state or 'gone'}; start a new one.")


async def abort(db: Database, upload: UploadRow) -> None:
    """End an open upload for its owner.

    Raises:
        Conflict: it is completed.
    """
    async with db.begin() as tx:
        ended = await _discard(tx, upload, UploadState.ABORTED)
        if not ended and await _state_of(tx, upload.id) == UploadState.COMPLETED:
            raise Conflict("This upload is completed. Delete the video instead.")


async def expire(db: Database, upload: UploadRow) -> None:
    """End an upload that was abandoned."""
    async with db.begin() as tx:
        await _discard(tx, upload, UploadState.EXPIRED)


async def discard_open(tx: AsyncConnection, video_id: uuid.UUID) -> None:
    """End the open upload of a video that is being deleted, if there is one, and forget its name.

    The caller has locked the video.
    """
    ended = await tx.execute(
        update(Upload)
        .where(Upload.video_id == video_id, Upload.state == UploadState.OPEN)
        .values(state=UploadState.ABORTED)
    )
    if ended.rowcount:
        prefix = object_keys.video_prefix(video_id)
        await purges.schedule_removal(tx, prefix, wait=purges.NOW)
    await tx.execute(update(Upload).where(Upload.video_id == video_id).values(filename=""))


async def _discard(tx: AsyncConnection, upload: UploadRow, state: UploadState) -> bool:
    await lifecycle.lock(tx, upload.video_id)
    if not await _write(tx, upload.id, state=state, filename=""):
        return False
    # Now, and once more when every write of this moment must have ended.
    for wait in (purges.NOW, purges.GRACE):
        prefix = object_keys.video_prefix(upload.video_id)
        await purges.schedule_removal(tx, prefix, wait=wait)
    return await lifecycle.touch(
        tx, upload.video_id, state=VideoState.DELETED, **lifecycle.FORGOTTEN
    )


async def _write(tx: AsyncConnection, upload_id: uuid.UUID, **values: Any) -> bool:
    """Change an upload that is open; False when it is not."""
    still_open = (Upload.id == upload_id, Upload.state == UploadState.OPEN)
    result = await tx.execute(update(Upload).where(*still_open).values(**values))
    return bool(result.rowcount)


async def _state_of(tx: AsyncConnection, upload_id: uuid.UUID) -> str | None:
    return await tx.scalar(select(Upload.state).where(Upload.id == upload_id))
