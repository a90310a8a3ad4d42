"""Begins uploads. Their parts are sent directly to S3."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Principal, Services
from backend.quota import quota
from backend.settings import Settings
from backend.uploads.file_types import CONTENT_TYPES
from backend.uploads.schemas import NewUpload, is_visible
from core import accounts, log
from core.errors import Invalid, TooLarge, Unavailable
from core.model import object_keys
from core.model.ids import new_id
from core.model.states import UploadState, VideoState
from core.model.tables import Upload, Video
from core.outbox.write import of_video
from core.uploads import upload_lifecycle
from core.uploads.multipart import part_count_for, part_size_for
from core.uploads.upload_lifecycle import UploadRow
from core.videos import purges

_EXAMPLES = 8  # of the types, in a sentence
_log = log.get(__name__)
_UNDOING: set["asyncio.Future[None]"] = set()  # what nobody waits for would be collected
_SOURCE_TAG = "kind=source"  # see infra/storage.py


async def create(user: Principal, wanted: NewUpload) -> UploadRow:
    """Begin an upload.

    Raises:
        Invalid: `unsupported_extension`.
        TooLarge: `file_too_large`.
        RateLimited: too many by that user, or `quota_exceeded`.
        Unauthenticated: `session_revoked`: the account has just been closed.
    """
    services, settings = user.services, user.services.settings
    await services.rate_limits.take("uploads", settings.rate_limit_uploads, str(user.user_id))
    extension = PurePosixPath(wanted.filename.replace("\\", "/")).suffix.lower()
    if extension not in settings.upload_extensions:
        named = f"{extension} files are" if extension else "Files without an extension are"
        some = " ".join(settings.upload_extensions[:_EXAMPLES])
        raise Invalid(
            f"{named} not supported. Upload a film or a sound, such as {some}",
            "unsupported_extension",
        )
    if wanted.size > settings.upload_max_bytes:
        limit = settings.upload_max_bytes.human_readable()
        raise TooLarge(f"The file is too large. The limit is {limit}.")
    # Once before S3 is asked, because it is cheap; what is true under the lock counts.
    await quota.look(services.db, settings, user.user_id, wanted.size)
    # What S3 has begun must have a row, or nobody would end it: so it is not cut short.
    begun = asyncio.ensure_future(_begin(user, wanted, extension))
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        undoing = asyncio.ensure_future(_undo(services, begun))
        _UNDOING.add(undoing)
        undoing.add_done_callback(_UNDOING.discard)
        raise


async def _undo(services: Services, begun: "asyncio.Future[UploadRow]") -> None:
    """End an upload whose client will never hear of it."""
    try:
        await upload_lifecycle.abort(services.db, await begun)  # the sweep has S3 end it
    except Exception as error:  # noqa: BLE001 - it was not begun, or it expires
        _log.warning("not_undone", error=repr(error))


async def _begin(user: Principal, wanted: NewUpload, extension: str) -> UploadRow:
    """Begin the multipart upload at S3 and write its rows, or have it aborted."""
    services, settings = user.services, user.services.settings
    video_id, now = new_id(), datetime.now(UTC)
    key = object_keys.source(video_id, extension)
    content_type = CONTENT_TYPES.get(extension, "application/octet-stream")
    tags = _SOURCE_TAG if settings.tag_sources else ""
    part_size = part_size_for(wanted.size)
    s3_upload_id = None
    try:
        s3_upload_id = await services.storage.create_upload(key, content_type, tags)
        row = UploadRow(
            id=new_id(),
            video_id=video_id,
            user_id=user.user_id,
            filename=wanted.filename,
            size=wanted.size,
            part_size=part_size,
            part_count=part_count_for(wanted.size, part_size),
            state=UploadState.OPEN,
            s3_key=key,
            s3_upload_id=s3_upload_id,
            expires_at=now + timedelta(seconds=settings.upload_ttl_s),
            created_at=now,
        )
        async with services.db.begin() as tx:
            await quota.lock(tx, settings, user.user_id)
            await accounts.require_open(tx, user.user_id)
            await quota.admit(tx, settings, user.user_id, wanted.size)
            await _insert(tx, settings, row, wanted)
    except Exception:
        # No row knows what S3 has begun, perhaps without an answer to us. Should the commit have
        # come through all the same, the sweep finds the upload lost.
        try:
            async with services.db.begin() as tx:
                await purges.schedule_removal(tx, object_keys.video_prefix(video_id))
        except Unavailable:
            if s3_upload_id is not None:
                with contextlib.suppress(Unavailable):
                    await services.storage.abort_upload(key, s3_upload_id)
        raise
    return row


async def _insert(
    tx: AsyncConnection, settings: Settings, row: UploadRow, wanted: NewUpload
) -> None:
    video = (
        insert(Video)
        .values(
            id=row.video_id,
            user_id=row.user_id,
            title=wanted.title or _title_of(wanted.filename),
            state=VideoState.UPLOADING,
            source_key=row.s3_key,
            source_filename=wanted.filename,
            source_size=wanted.size,
        )
        .returning(Video.id, Video.user_id, Video.version)
        .cte("video")
    )
    first_check = min(settings.upload_check_s, settings.upload_ttl_s)
    check_at = row.created_at + timedelta(seconds=first_check)
    await tx.execute(
        insert(Upload).values(**vars(row), check_at=check_at).add_cte(of_video(video).cte("told"))
    )


def _title_of(filename: str) -> str:
    stem = PurePosixPath(filename.replace("\\", "/")).stem.strip()
    return stem if is_visible(stem) else filename
