"""Cleaning up in S3: uploads that nobody finished or told us of, and objects to be removed."""

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update

from core import log
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.config import Settings
from core.errors import Conflict, Invalid
from core.events import VideoEvent
from core.model.states import UploadState
from core.model.tables import Purge, Upload
from core.rows import Round
from core.setbacks import Kind
from core.uploads import sessions
from core.videos import removal

_log = log.get(__name__)
_AT_ONCE = 3
_PURGE_LEASE = timedelta(minutes=2)


class Sweeper:
    """Finds what is due and settles it, each row by itself."""

    def __init__(self, settings: Settings, db: Database, storage: Storage) -> None:
        self._settings = settings
        self._db = db
        self._storage = storage

    async def check_uploads(self) -> list[VideoEvent]:
        """Ask S3 about open uploads that are due.

        One that S3 has completed, although nobody told us, is queued. One that S3 has lost is over.
        One that has expired is completed if all its parts are there, and dropped if not.
        """
        due = (
            select(Upload.id)
            .where(Upload.state == UploadState.OPEN, Upload.check_at <= func.now())
            .order_by(Upload.check_at)
        )
        return await Round(self._db, Kind.UPLOAD, _AT_ONCE).run(due, self._check)

    async def _check(self, upload_id: uuid.UUID) -> VideoEvent | None:
        interval = timedelta(seconds=self._settings.upload_check_s)
        async with self._db.begin() as tx:
            # Also keeps the other processes from it.
            row = (
                await tx.execute(
                    update(Upload)
                    .where(
                        Upload.id == upload_id,
                        Upload.state == UploadState.OPEN,
                        Upload.check_at <= func.now(),
                    )
                    .values(check_at=func.now() + interval)
                    .returning(*sessions.COLUMNS)
                )
            ).one_or_none()
        return None if row is None else await self._settle(sessions.UploadRow(*row))

    async def _settle(self, upload: sessions.UploadRow) -> VideoEvent | None:
        expired = upload.expires_at <= datetime.now(UTC)
        if await self._storage.head(upload.s3_key) is None:
            ended = UploadState.EXPIRED if expired else UploadState.ABORTED
            lost = await sessions.lose(self._db, self._storage, upload, ended)
            if lost is not None or not expired:
                return lost
        _log.info("upload_settled_by_sweep", upload_id=str(upload.id), expired=expired)
        try:
            # Expired: nobody comes back for it, but if every part is there nothing need be lost.
            return await sessions.complete(self._db, self._storage, upload)
        except (Invalid, Conflict):
            return await sessions.expire(self._db, upload) if expired else None

    async def purge(self) -> int:
        """Remove what nobody may see any more; return how many objects were removed."""
        due = select(Purge.id).where(Purge.not_before <= func.now()).order_by(Purge.not_before)
        counts: list[int] = await Round(self._db, Kind.PURGE, _AT_ONCE).run(due, self._purge)
        return sum(counts)

    async def _purge(self, purge_id: uuid.UUID) -> int | None:
        async with self._db.begin() as tx:
            row = (
                await tx.execute(
                    update(Purge)
                    .where(Purge.id == purge_id, Purge.not_before <= func.now())
                    .values(not_before=func.now() + _PURGE_LEASE)
                    .returning(Purge.prefix, Purge.s3_upload_id)
                )
            ).one_or_none()
        if row is None:
            return None
        count = 0
        if row.s3_upload_id is not None:
            await self._storage.abort_upload(row.prefix, row.s3_upload_id)
        else:
            count = await self._storage.delete_prefix(row.prefix)
        async with self._db.begin() as tx:
            await tx.execute(delete(Purge).where(Purge.id == purge_id))
        return count

    async def forget(self) -> int:
        """Remove the last of videos that were deleted a while ago; return how many there were."""
        after_s = self._settings.forget_deleted_s

        async def one(video_id: uuid.UUID) -> bool:
            return await removal.forget(self._db, self._storage, video_id, after_s)

        return sum(await Round(self._db, Kind.FORGET).run(removal.forgettable(after_s), one))
