"""Captions as their owner adds, changes and removes them."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Principal
from backend.http.paging import decode_cursor, encode_cursor
from backend.quota import quota
from backend.tracks.schemas import NewTrack, TextTrack, TextTrackPage, TrackPatch
from core.captions.cues import UnreadableError, written
from core.captions.reading import read
from core.errors import Conflict, NotFound
from core.jobs.create import living
from core.model import object_keys, tables
from core.model.ids import new_id
from core.videos import purges, texts

_T = tables.TextTrack
_VTT = "text/vtt; charset=utf-8"


async def page(
    user: Principal, video_id: uuid.UUID, limit: int, cursor: str | None
) -> TextTrackPage:
    """Return a page of the text tracks of a video, newest first.

    Raises:
        Invalid: the cursor is none of ours.
        NotFound: there is no such video of that user.
    """
    where = [] if cursor is None else [_T.id < decode_cursor(cursor)]
    await _require(user, video_id)
    rows = await _rows(user, video_id, *where, most=limit + 1)
    items = [await _item(user, row) for row in rows[:limit]]
    following = encode_cursor(items[-1].id) if len(rows) > limit else None
    return TextTrackPage(items=items, next_cursor=following)


async def get(user: Principal, video_id: uuid.UUID, text_id: uuid.UUID) -> TextTrack:
    """Return one text track of a video of the user.

    Raises:
        NotFound: there is none.
    """
    rows = await _rows(user, video_id, _T.id == text_id, most=1)
    if not rows:
        raise NotFound("This video has no such captions.")
    return await _item(user, rows[0])


async def create(user: Principal, video_id: uuid.UUID, asked: NewTrack) -> TextTrack:
    """Add captions to a video.

    Raises:
        NotFound: there is no such video of that user.
        RequestValidationError: the text cannot be read.
        Conflict: `too_many_tracks`.
        RateLimited: `quota_exceeded`.
    """
    await _require(user, video_id)
    settings, db = user.services.settings, user.services.db
    body = await _webvtt(asked.text)
    async with db.begin() as tx:  # before anything is stored for nothing
        await texts.require_room(tx, video_id)
        await quota.admit_bytes(tx, settings, user.user_id, len(body))
    stored = await _store(user, video_id, body)
    text_id = new_id()
    text = texts.NewText(
        id=text_id,
        language=asked.language,
        title=asked.name,
        is_default=asked.default,
        s3_key=stored.key,
        size=len(body),
    )
    async with db.begin() as tx:
        await quota.lock(tx, settings, user.user_id)
        await living(tx, video_id)
        await quota.admit_bytes(tx, settings, user.user_id, len(body))
        await texts.add(tx, video_id, text)
        await _keep(tx, stored)
    return await get(user, video_id, text_id)


async def change(
    user: Principal, video_id: uuid.UUID, text_id: uuid.UUID, asked: TrackPatch
) -> TextTrack:
    """Change captions.

    Raises:
        NotFound: there are none of that user.
        RequestValidationError: the text cannot be read.
        RateLimited: `quota_exceeded`.
    """
    await _require(user, video_id)
    settings, db = user.services.settings, user.services.db
    before, stored = await get(user, video_id, text_id), None
    values = _values(asked)
    if asked.text is not None:
        body = await _webvtt(asked.text)
        stored = await _store(user, video_id, body)
        values |= {"s3_key": stored.key, "size": len(body)}
    if not values:
        return before
    async with db.begin() as tx:
        if stored is not None:
            await quota.lock(tx, settings, user.user_id)
        await living(tx, video_id)
        if stored is not None:
            more = values["size"] - await texts.size_of(tx, video_id, text_id)
            if more > 0:
                await quota.admit_bytes(tx, settings, user.user_id, more)
            await _keep(tx, stored)
        await texts.change(tx, video_id, text_id, **values)
    return await get(user, video_id, text_id)


def _values(asked: TrackPatch) -> dict[str, Any]:
    """Return what is to be written beside another text."""
    values: dict[str, Any] = {}
    if asked.language is not None:
        values["language"] = asked.language
    if "name" in asked.model_fields_set:
        values["title"] = asked.name
    if asked.default is not None:
        values["is_default"] = asked.default
    return values


async def remove(user: Principal, video_id: uuid.UUID, text_id: uuid.UUID) -> None:
    """Remove captions.

    Raises:
        NotFound: there are none of that user.
    """
    await _require(user, video_id)
    async with user.services.db.begin() as tx:
        await living(tx, video_id)
        await texts.remove(tx, video_id, text_id)


async def _require(user: Principal, video_id: uuid.UUID) -> None:
    """Raise `NotFound` unless the user has this video; a video never gets another owner."""
    await user.services.videos.get(video_id, user.user_id)


async def _webvtt(text: str) -> bytes:
    """Return the file that is stored for a text; read and written anew, beside the event loop.

    Raises:
        RequestValidationError: with a message for each fault.
    """
    try:
        return await asyncio.to_thread(lambda: written(read(text)).encode())
    except UnreadableError as error:
        raise RequestValidationError(
            [
                {"type": fault.code, "loc": ("body", "text"), "msg": fault.message}
                for fault in error.faults
            ]
        ) from None


@dataclass(frozen=True)
class _Stored:
    """A file in the store, and what says that it is to be removed."""

    key: str
    purge_id: uuid.UUID


async def _store(user: Principal, video_id: uuid.UUID, body: bytes) -> _Stored:
    """Store a file under a key of its own; it is removed unless `_keep` follows."""
    key = object_keys.text(video_id, new_id())
    async with user.services.db.begin() as tx:
        stored = _Stored(key, await purges.storing(tx, key))
    await user.services.storage.put(key, body, _VTT)
    return stored


async def _keep(tx: AsyncConnection, stored: _Stored) -> None:
    if not await purges.keep(tx, stored.purge_id):
        raise Conflict("Storing the captions took too long. Send them again.")


async def _rows(
    user: Principal, video_id: uuid.UUID, *where: ColumnElement[bool], most: int
) -> list[Row[Any]]:
    columns: list[Any] = [
        _T.id, _T.language, _T.title, _T.is_default, _T.is_forced, _T.job_id, _T.s3_key, _T.size,
        _T.created_at, _T.updated_at,
    ]  # fmt: skip
    statement = (
        select(*columns).where(texts.present(video_id), *where).order_by(_T.id.desc()).limit(most)
    )
    async with user.services.db.autocommit() as connection:
        return list((await connection.execute(statement)).all())


async def _item(user: Principal, row: Row[Any]) -> TextTrack:
    services = user.services
    return TextTrack(
        id=row.id,
        kind="text",
        language=row.language,
        name=row.title,
        default=row.is_default,
        forced=row.is_forced,
        from_file=row.job_id is not None,
        size=row.size,
        url=await services.storage.sign_get(row.s3_key, services.settings.media_url_ttl_s),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
