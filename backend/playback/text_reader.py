"""Reads which texts a film has, and where one of them is."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, cast, or_, select

from backend.playback.reader import ended, facts_of, is_kept
from backend.playback.texts import Text, Texts, offered
from backend.playback.tokens import Pass
from core.adapters.postgres import Database
from core.errors import NotFound
from core.model import tables
from core.model.states import TextKind

_T = tables.TextTrack
_PLAIN = ("language", "title", "is_default", "is_forced")


class TextReader:
    """Texts as players see them: those of one job's file, and those that people have added."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def texts(self, held: Pass) -> Texts:
        """Return the texts that there are now.

        Raises:
            Forbidden: `playback_expired`: the video is deleted, or the session has ended.
            Gone: `playback_withdrawn`: the job has failed or was cancelled.
        """
        length = cast(tables.Video.source_media["duration"].as_string(), Float).label("duration")
        columns = (_T.id, _T.kind, *(getattr(_T, name) for name in _PLAIN), length)
        rows = await self._read(held, _of_job(held), *columns)
        found = [
            Text(row.id, TextKind(row.kind), *(getattr(row, name) for name in _PLAIN))
            for row in rows
            if row.id is not None
        ]
        return offered(found, rows[0].duration)

    async def key_of(self, held: Pass, text_id: uuid.UUID | None) -> str:
        """Return the key of the file of a text; with None, of the chapters.

        Raises:
            NotFound: there is no such text.
            Forbidden: `playback_expired`: the video is deleted, or the session has ended.
            Gone: `playback_withdrawn`: the job has failed or was cancelled.
        """
        wanted = _T.kind == TextKind.CHAPTERS if text_id is None else _T.id == text_id
        rows = await self._read(held, and_(_of_job(held), wanted), _T.s3_key)
        key = rows[0].s3_key
        if key is None:
            raise NotFound("This video has no such text.")
        return str(key)

    async def _read(self, held: Pass, of_text: ColumnElement[bool], *columns: Any) -> Any:
        statement = (
            select(*facts_of(held), *columns)
            .select_from(tables.Job)
            .join(tables.Video, tables.Video.id == tables.Job.video_id)
            .outerjoin(_T, and_(_T.video_id == tables.Video.id, of_text, is_kept(_T)))
            .where(tables.Job.id == held.job_id, tables.Job.video_id == held.video_id)
            # What people have added is meant more than what happened to be in the file.
            .order_by(_T.job_id.is_not(None), _T.id)
        )
        async with self._db.autocommit() as connection:
            rows = (await connection.execute(statement)).all()
        ended(rows)
        return rows


def _of_job(held: Pass) -> ColumnElement[bool]:
    return or_(_T.job_id.is_(None), _T.job_id == held.job_id)
