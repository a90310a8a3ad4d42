"""Checks open uploads in S3: completes those that are whole, ends those that are too old."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import func, select, update

from control.rounds import handle_due
from core import log
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.errors import Conflict, Invalid
from core.model.states import UploadState
from core.model.tables import Upload
from core.setbacks import Kind
from core.uploads import upload_lifecycle

_log = log.get(__name__)
_AT_ONCE = 3
# Of the time since it was begun, or was last to be completed: asked about ever more rarely, and an
# answer is late by a tenth at the most.
_PATIENCE = 10


async def check(db: Database, storage: Storage, every_s: float) -> None:
    """Ask S3 about open uploads that are due.

    One that S3 has completed, although nobody told us, is queued. One that S3 has lost is over.
    One that has expired is completed if all its parts are there, and dropped if not. No sooner
    than `every_s` seconds later the same upload is due again.
    """
    due = (
        select(Upload.id)
        .where(Upload.state == UploadState.OPEN, Upload.check_at <= func.now())
        .order_by(Upload.check_at)
    )

    await handle_due(db, Kind.UPLOAD, due, partial(_check, db, storage, every_s), _AT_ONCE)


async def _check(db: Database, storage: Storage, every_s: float, upload_id: uuid.UUID) -> None:
    since = func.coalesce(Upload.completing_until, Upload.created_at)
    pause_s = func.extract("epoch", func.now() - since) / _PATIENCE
    pause = func.make_interval(0, 0, 0, 0, 0, 0, pause_s)
    later = func.least(Upload.expires_at, func.now() + pause)
    async with db.begin() as tx:
        row = (
            await tx.execute(
                update(Upload)
                .where(
                    Upload.id == upload_id,
                    Upload.state == UploadState.OPEN,
                    Upload.check_at <= func.now(),
                )
                # Which keeps the other processes from it too.
                .values(check_at=func.greatest(later, func.now() + timedelta(seconds=every_s)))
                .returning(*upload_lifecycle.COLUMNS)
            )
        ).one_or_none()
    if row is not None:
        await _settle(db, storage, upload_lifecycle.UploadRow(*row))


async def _settle(db: Database, storage: Storage, upload: upload_lifecycle.UploadRow) -> None:
    expired = upload.expires_at <= datetime.now(UTC)
    if await storage.head(upload.s3_key) is None:
        ended = UploadState.EXPIRED if expired else UploadState.ABORTED
        if await upload_lifecycle.lose(db, storage, upload, ended) or not expired:
            return
    _log.info("upload_settled_by_sweep", upload_id=str(upload.id), expired=expired)
    try:
        # Expired: nobody comes back for it, but if every part is there nothing need be lost.
        await upload_lifecycle.complete(db, storage, upload)
    except (Invalid, Conflict):
        if expired:
            await upload_lifecycle.expire(db, upload)
