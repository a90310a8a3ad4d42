"""Cleaning up in S3: uploads that nobody finished or told us of, and objects to be removed."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update

from core import log, uploads
from core.config import Settings
from core.db import Database
from core.errors import Conflict, Invalid, Unavailable
from core.events import VideoEvent
from core.models import Purge, Upload
from core.states import UploadState
from core.storage import Storage

_log = log.get(__name__)
_BATCH = 20
_PURGE_LEASE = timedelta(minutes=2)


class Sweeper:
    """Finds what is due and settles it, a batch at a time."""

    def __init__(self, settings: Settings, db: Database, storage: Storage) -> None:
        self._settings = settings
        self._db = db
        self._storage = storage

    async def check_uploads(self) -> list[VideoEvent]:
        """Ask S3 about open uploads that are due.

        One that S3 has completed, although nobody told us, is queued. One that has expired is
        completed if all its parts are there, and dropped if not.
        """
        interval = timedelta(seconds=self._settings.upload_check_s)
        async with self._db.begin() as tx:
            due = (
                select(Upload.id)
                .where(Upload.state == UploadState.OPEN, Upload.check_at <= func.now())
                .order_by(Upload.check_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
            rows = await tx.execute(
                update(Upload)
                .where(Upload.id.in_(due))
                .values(check_at=func.now() + interval)
                .returning(*uploads.COLUMNS)
            )
            found = [uploads.UploadRow(*row) for row in rows.all()]
        changed = [await self._settle(upload) for upload in found]
        return [event for event in changed if event is not None]

    async def _settle(self, upload: uploads.UploadRow) -> VideoEvent | None:
        expired = upload.expires_at <= datetime.now(UTC)
        try:
            if not expired and await self._storage.head(upload.s3_key) is None:
                return None
            _log.info("upload_settled_by_sweep", upload_id=str(upload.id), expired=expired)
            # Expired: nobody comes back for it, but if every part is there nothing need be lost.
            return await uploads.complete(self._db, self._storage, upload)
        except Unavailable:
            raise
        except (Invalid, Conflict):
            return await uploads.expire(self._db, upload) if expired else None

    async def purge(self) -> int:
        """Remove what nobody may see any more; return how many objects were removed."""
        async with self._db.begin() as tx:
            due = (
                select(Purge.id)
                .where(Purge.not_before <= func.now())
                .order_by(Purge.not_before)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
            rows = await tx.execute(
                update(Purge)
                .where(Purge.id.in_(due))
                .values(not_before=func.now() + _PURGE_LEASE)
                .returning(Purge.id, Purge.prefix, Purge.s3_upload_id)
            )
            found = rows.all()
        count = 0
        for row in found:
            if row.s3_upload_id is not None:
                await self._storage.abort_upload(row.prefix, row.s3_upload_id)
            else:
                count += await self._storage.delete_prefix(row.prefix)
            async with self._db.begin() as tx:
                await tx.execute(delete(Purge).where(Purge.id == row.id))
        return count
