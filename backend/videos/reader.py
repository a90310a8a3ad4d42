"""Reads videos with their renditions in one statement, and signs what they point to."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from backend.videos.progress import Shown, shown_of, told_of
from backend.videos.schemas import (
    FailureItem,
    QueueItem,
    RenditionItem,
    SourceItem,
    TrackItem,
    VideoItem,
)
from backend.videos.sorting import NEWEST_FIRST, Order
from backend.videos.waiting import why_it_waits
from backend.workers import KnownWorkers
from core.adapters.postgres import IDS, Database
from core.adapters.s3 import Storage
from core.coalesce import Batcher
from core.errors import NotFound, Unavailable
from core.model.states import AssetKind, AssetState, TextKind, TrackKind, VideoState
from core.model.tables import Asset, Job, TextTrack, Track, Video
from core.progress import Progress, ProgressBoard

_REMEMBERED = 10_000  # videos as JSON; about 3 kB each
_VERSIONS = 2_000  # in a page; some 50 bytes each
_TRACK_FIELDS = (
    "id", "kind", "name", "language", "codecs", "width", "height", "max_bitrate", "frame_rate",
    "is_default", "title", "role", "channels", "made",
)  # fmt: skip
_RENDITION_FIELDS = ("s3_key", *(name for name in RenditionItem.model_fields if name != "url"))


def _statement(*where: ColumnElement[bool]) -> Select[Any]:
    shown = (
        Asset.video_id == Video.id,
        Asset.is_main,
        Asset.state == literal_column(f"'{AssetState.PUBLISHED}'"),
    )
    pairs = [item for name in _RENDITION_FIELDS for item in (name, getattr(Asset, name))]
    renditions = (
        select(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_object(*pairs), Asset.height.desc(), func.length(Asset.name)
                )
            )
        )
        .where(*shown, Asset.kind == literal_column(f"'{AssetKind.FILE}'"))
        .scalar_subquery()
    )
    # Of the job whose outputs are shown, also while another one makes them anew.
    notes = select(Job.notes).join(Asset, Asset.job_id == Job.id).where(*shown).limit(1)
    shown_job = select(Asset.job_id).where(*shown).limit(1).correlate(Video).scalar_subquery()
    pairs = [item for name in _TRACK_FIELDS for item in (name, getattr(Track, name))]
    in_order = aggregate_order_by(
        func.json_build_object(*pairs),
        Track.height.desc().nulls_last(), Track.is_default.desc(),
        (Track.channels > 2).nulls_first(), Track.max_bitrate.desc(),
        func.length(Track.name), Track.name,
    )  # fmt: skip
    found = (
        select(func.json_agg(in_order))
        .where(Track.job_id == func.coalesce(shown_job, Video.job_id))
        .scalar_subquery()
    )
    # Before it can be watched there is nothing to look for.
    tracks = case((Video.playable_at.is_not(None), found))
    texts = case((Video.playable_at.is_not(None), _texts()))
    # Of what is ready nobody is told how far it is.
    told = case((Video.state != literal_column(f"'{VideoState.READY}'"), told_of(Video.job_id)))
    columns: list[Any] = [
        Video.id, Video.user_id, Video.title, Video.state, Video.stage, Video.progress,
        Video.job_id, Video.version, Video.source_filename, Video.source_size,
        Video.poster_key, Video.playable_at, Video.created_at, Video.updated_at,
        # As text: most readers have the video as JSON already and need none of it parsed.
        _text(Video.failure, "failure"), _text(Video.source_media, "source_media"),
        _text(renditions, "renditions"), _text(tracks, "tracks"),
        _text(texts, "texts"),
        _text(notes.scalar_subquery(), "notes"),
        told.label("told"),
    ]  # fmt: skip
    return select(*columns).where(Video.state != VideoState.DELETED, *where)


def _texts() -> Any:
    """Return the texts of a video in the order in which players offer them."""
    fields = ("id", "language", "title", "is_default")
    pairs = [item for name in fields for item in (name, getattr(TextTrack, name))]
    in_order = aggregate_order_by(
        func.json_build_object(*pairs), TextTrack.job_id.is_not(None), TextTrack.id
    )
    return (
        select(func.json_agg(in_order))
        .where(
            TextTrack.video_id == Video.id,
            TextTrack.kept_until.is_(None),
            TextTrack.kind == literal_column(f"'{TextKind.SUBTITLES}'"),
        )
        .scalar_subquery()
    )


def _text(column: Any, name: str) -> Any:
    return cast(column, Text).label(name)


_BY_ID = _statement(Video.id == any_(IDS))  # built once: building takes longer than running


class VideoReader:
    """Videos as the API shows them. Deleted videos, and those of other users, are not found."""

    def __init__(
        self,
        db: Database,
        storage: Storage,
        url_ttl_s: int,
        workers: KnownWorkers,
        board: ProgressBoard,
    ) -> None:
        self._db = db
        self._told: Batcher[uuid.UUID, Progress] = Batcher(board.read, dependency="Redis")
        self._workers = workers
        self._storage = storage
        self._url_ttl_s = url_ttl_s
        self._written: dict[tuple[object, ...], bytes] = {}
        self._rows: Batcher[uuid.UUID, Row[Any]] = Batcher(self._load, dependency="The database")

    async def close(self) -> None:
        """End what is under way."""
        await self._told.close()
        await self._rows.close()

    async def get(self, video_id: uuid.UUID, user_id: uuid.UUID) -> VideoItem:
        """Return one video.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        return await self._item(_owned(await self._rows.get(video_id), user_id))

    def ask(self, video_id: uuid.UUID) -> asyncio.Future[Row[Any] | None]:
        """Have a video of any owner read; for `written`."""
        return self._rows.get(video_id)

    async def written(self, row: Row[Any] | None, user_id: uuid.UUID) -> bytes:
        """Return one video as JSON: what was written for the same version is written once.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        row = _owned(row, user_id)
        # Why it waits changes without a new version.
        queue, shown = await self._queue(row), await self._shown(row)
        # The signed URLs in it stay the same for a third of their life; see `Storage.sign_get`.
        asked = (row.id, row.version, int(time.time()) // (self._url_ttl_s // 3), queue, shown)
        written = self._written.get(asked)
        if written is None:
            written = (await self._build(row, queue, shown)).model_dump_json().encode()
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            self._written[asked] = written
        return written

    async def select(
        self, where: Sequence[ColumnElement[bool]], *, most: int, order: Order = NEWEST_FIRST
    ) -> list[VideoItem]:
        """Return the first videos in an order that fit all conditions, at most so many."""
        statement = _statement(*where).order_by(*order).limit(most)
        async with self._db.autocommit() as connection:
            rows = (await connection.execute(statement)).all()
        return list(await asyncio.gather(*map(self._item, rows)))

    async def some(self, user_id: uuid.UUID, video_ids: Collection[uuid.UUID]) -> list[VideoItem]:
        """Return those of some videos that the user has, in the same order."""
        # Not with what others ask for: who reads one video would wait behind all that a stream
        # begins with.
        rows = await self._load(list(video_ids))
        own = [row for each in video_ids if (row := rows.get(each)) and row.user_id == user_id]
        return list(await asyncio.gather(*map(self._item, own)))

    async def versions(
        self, user_id: uuid.UUID, *, lately: timedelta
    ) -> AsyncIterator[Sequence[Row[uuid.UUID, int, bool]]]:
        """Yield `id`, `version` and `lately` of all videos of a user, the oldest first, in pages.

        `lately` tells of each whether it has changed within that time.
        """
        changed = (Video.updated_at > func.now() - lately).label("lately")
        statement = (
            select(Video.id, Video.version, changed)
            .where(Video.user_id == user_id, Video.state != VideoState.DELETED)
            .order_by(Video.id)
            .limit(_VERSIONS)
        )
        following = statement
        while True:
            async with self._db.autocommit() as connection:
                rows = (await connection.execute(following)).all()
            yield rows
            if len(rows) < _VERSIONS:
                return
            following = statement.where(Video.id > rows[-1].id)

    async def ends(
        self, user_id: uuid.UUID, video_ids: Collection[uuid.UUID]
    ) -> dict[uuid.UUID, int]:
        """Return the versions that some videos had when the user deleted them.

        Those whose rows are gone since are not in it.
        """
        statement = select(Video.id, Video.version).where(
            Video.id == any_(IDS), Video.user_id == user_id, Video.state == VideoState.DELETED
        )
        async with self._db.autocommit() as connection:
            rows = await connection.execute(statement, {"ids": list(video_ids)})
            return {row.id: row.version for row in rows}

    async def _load(self, video_ids: list[uuid.UUID]) -> dict[uuid.UUID, Row[Any]]:
        async with self._db.autocommit() as connection:
            rows = await connection.execute(_BY_ID, {"ids": video_ids})
            return {row.id: row for row in rows.all()}

    async def _queue(self, row: Row[Any]) -> QueueItem | None:
        if row.state != VideoState.QUEUED:
            return None
        return why_it_waits(row.source_size, await self._workers.now())

    async def _shown(self, row: Row[Any]) -> Shown:
        """Return how far a video is; Redis is asked about those alone that it may know of."""
        told = None
        if row.job_id is not None and row.state != VideoState.READY:
            with contextlib.suppress(Unavailable):
                told = await self._told.get(row.job_id)
        return shown_of(row, told)

    async def _item(self, row: Row[Any]) -> VideoItem:
        return await self._build(row, await self._queue(row), await self._shown(row))

    async def _build(self, row: Row[Any], queue: QueueItem | None, shown: Shown) -> VideoItem:
        renditions = [
            RenditionItem(
                url=await self._storage.sign_get(item.pop("s3_key"), self._url_ttl_s), **item
            )
            for item in _parsed(row.renditions) or ()
        ]
        source = _parsed(row.source_media)
        poster = row.poster_key and await self._storage.sign_get(row.poster_key, self._url_ttl_s)
        return VideoItem(
            id=row.id,
            job_id=row.job_id,
            title=row.title,
            kind=_kind(source),
            state=row.state,
            stage=shown.stage,
            progress=shown.percent,
            eta_seconds=shown.eta_s,
            source=SourceItem(
                filename=row.source_filename,
                size=row.source_size,
                **(source or {}),
            ),
            renditions=renditions,
            playable=row.playable_at is not None,
            playable_at=row.playable_at,
            tracks=[
                *(_track(item) for item in _parsed(row.tracks) or ()),
                *_text_tracks(_parsed(row.texts) or ()),
            ],
            poster_url=poster,
            failure=FailureItem(**failure) if (failure := _parsed(row.failure)) else None,
            queue=queue,
            **(_parsed(row.notes) or {"done": [], "warnings": []}),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _owned(row: Row[Any] | None, user_id: uuid.UUID) -> Row[Any]:
    if row is None or row.user_id != user_id:
        raise NotFound("This video does not exist.")
    return row


def _track(item: dict[str, Any]) -> TrackItem:
    rate = item["frame_rate"]
    return TrackItem(
        id=item["id"],
        kind=item["kind"],
        name=item["title"] or item["name"],
        language=item["language"],
        role=item["role"],
        channels=item["channels"],
        codec=item["codecs"],
        width=item["width"],
        height=item["height"],
        bitrate=item["max_bitrate"],
        frame_rate=rate and round(float(Fraction(rate)), 3),
        default=item["is_default"],
        made=item["made"],
    )


def _text_tracks(items: Sequence[dict[str, Any]]) -> list[TrackItem]:
    """Return texts as tracks: the first default is the one, as in playlists."""
    chosen = next((item["id"] for item in items if item["is_default"]), None)
    return [
        TrackItem(
            id=item["id"],
            kind=TrackKind.TEXT,
            name=item["title"] or item["language"] or "",
            language=item["language"],
            role=None,
            channels=None,
            made=None,
            codec="wvtt",
            width=None,
            height=None,
            bitrate=0,
            frame_rate=None,
            default=item["id"] == chosen,
        )
        for item in items
    ]


def _kind(source: dict[str, Any] | None) -> Literal["video", "audio"] | None:
    if source is None:
        return None
    return "audio" if source.get("video_codec") is None else "video"


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
