"""Reads what one job has made of a film, for playlists and for segments."""

import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from backend.playback.film import Film, Segment, Stored, Track, run_of
from backend.playback.tokens import Pass, expired
from core.adapters.postgres import Database
from core.errors import Gone, NotFound
from core.model import tables
from core.model.sheets import Sheet
from core.model.states import AssetKind, AssetState, JobState, Made, TrackKind, VideoState
from core.videos.shares import is_alive

_WITHDRAWN = (JobState.FAILED, JobState.CANCELLED)
_T, _S, _A = tables.Track, tables.Span, tables.Asset
# Segments, of some 190 bytes each: a film of 2 h with four sizes and a sound has 18,000.
_REMEMBERED = 300_000
Runs = dict[uuid.UUID, Sequence[Segment]]  # by the id of their track
_PLAIN = (
    "name", "codecs", "time_scale", "init_size", "max_bitrate", "width", "height", "channels",
    "language", "title", "role", "is_default", "is_complete",
)  # fmt: skip


def facts_of(held: Pass) -> list[Any]:
    """Return what is asked of every pass."""
    return [
        _lives(held).label("lives"),
        tables.Video.state.label("video_state"),
        tables.Job.state.label("job_state"),
        tables.Job.finished_at,
    ]


def _lives(held: Pass) -> ColumnElement[bool]:
    """Return whether what a pass was made by has not ended."""
    if held.share_id is not None:
        share = tables.Share
        return exists().where(
            share.id == held.share_id, share.video_id == held.video_id, is_alive()
        )
    # Redis is asked too; but an old copy of it may know a session that has ended since.
    return exists().where(
        tables.Session.id == held.session_id, tables.Session.expires_at > func.now()
    )


def _of_pass(held: Pass, *columns: Any) -> Select[Any]:
    """Return a statement that has a row for each track, or one if there is none."""
    return (
        select(*facts_of(held), *columns)
        .select_from(tables.Job)
        .join(tables.Video, tables.Video.id == tables.Job.video_id)
        .outerjoin(_T, and_(_T.job_id == tables.Job.id, is_kept()))
        .where(tables.Job.id == held.job_id, tables.Job.video_id == held.video_id)
    )


def is_kept(table: type[tables.Track | tables.TextTrack] = _T) -> ColumnElement[bool]:
    """Return the condition for what no later job has replaced too long ago."""
    return or_(table.kept_until.is_(None), table.kept_until > func.now())


def ended(rows: Sequence[Any]) -> datetime | None:
    """Return when a job was complete; None while it is at work.

    Raises:
        Forbidden: `playback_expired`: the video, the session or the link has ended.
        Gone: `playback_withdrawn`: the job has failed or was cancelled.
    """
    if not rows or not rows[0].lives or rows[0].video_state == VideoState.DELETED:
        raise expired()
    if rows[0].job_state in _WITHDRAWN:
        raise Gone(
            "Processing did not succeed, and what could be watched was removed.",
            "playback_withdrawn",
        )
    finished_at: datetime | None = rows[0].finished_at
    return finished_at if rows[0].job_state == JobState.SUCCEEDED else None


class FilmReader:
    """Films as players see them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # Of the jobs that were asked for last: who watches a film grow asks every few seconds.
        self._known: OrderedDict[uuid.UUID, Runs] = OrderedDict()
        self._segments = 0  # that it has

    async def film(self, held: Pass) -> Film:
        """Return all that a job has made up to now.

        Raises:
            Forbidden: `playback_expired`: the video, the session or the link has ended.
            Gone: `playback_withdrawn`: the job has failed or was cancelled.
        """
        columns = (_T.id, _T.kind, _T.made, _T.frame_rate, *(getattr(_T, name) for name in _PLAIN))
        async with self._db.autocommit() as connection:
            rows = (await connection.execute(_of_pass(held, *columns))).all()
            # The state first: once it is complete, all spans are there.
            finished_at = ended(rows)
            ids = [row.id for row in rows if row.id is not None]
            known = self._known.get(held.job_id, {})
            spans = (await connection.execute(_after(ids, known))).all() if ids else ()
        of_track: dict[uuid.UUID, list[Stored]] = defaultdict(list)
        for row in spans:
            stored = Stored(row.first, row.start, row.offset, row.sizes, row.durations)
            of_track[row.track_id].append(stored)
        runs: Runs = {each: run_of(of_track[each], known.get(each, ())) for each in ids}
        self._remember(held.job_id, runs)
        tracks = [_track(row, runs[row.id]) for row in rows if row.id is not None]
        return Film(sorted(tracks, key=_order), finished_at)

    async def key_of(self, held: Pass, track: str, first: int) -> str:
        """Return the key of the object that begins with a segment of a track.

        Raises:
            NotFound: there is no such object.
            Forbidden: `playback_expired`: the video, the session or the link has ended.
            Gone: `playback_withdrawn`: the job has failed or was cancelled.
        """
        statement: Select[Any] = (
            select(*facts_of(held), _S.s3_key)
            .select_from(tables.Job)
            .join(tables.Video, tables.Video.id == tables.Job.video_id)
            .outerjoin(_T, and_(_T.job_id == tables.Job.id, _T.name == track, is_kept()))
            .outerjoin(_S, and_(_S.track_id == _T.id, _S.first == first))
            .where(tables.Job.id == held.job_id, tables.Job.video_id == held.video_id)
        )
        async with self._db.autocommit() as connection:
            rows = (await connection.execute(statement)).all()
        ended(rows)
        key = rows[0].s3_key
        if key is None:
            raise NotFound("There is no such segment.")
        return str(key)

    async def sheets(self, held: Pass) -> list[tuple[Sheet, str]]:
        """Return the sheets of a storyboard in order, each with its key.

        Raises:
            NotFound: there are none (yet).
            Forbidden: `playback_expired`: the video is deleted, or the session has ended.
            Gone: `playback_withdrawn`: the job has failed or was cancelled.
        """
        is_sheet = and_(
            _A.job_id == tables.Job.id,
            _A.kind == AssetKind.STORYBOARD,
            _A.state == AssetState.PUBLISHED,
        )
        statement: Select[Any] = (
            select(*facts_of(held), _A.layout, _A.s3_key)
            .select_from(tables.Job)
            .join(tables.Video, tables.Video.id == tables.Job.video_id)
            .outerjoin(_A, is_sheet)
            .where(tables.Job.id == held.job_id, tables.Job.video_id == held.video_id)
        )
        async with self._db.autocommit() as connection:
            rows = (await connection.execute(statement)).all()
        ended(rows)
        found = [(Sheet(**row.layout), row.s3_key) for row in rows if row.layout is not None]
        if not found:
            raise NotFound("This video has no storyboard.")
        return sorted(found, key=lambda each: each[0].start)

    def _remember(self, job_id: uuid.UUID, runs: Runs) -> None:
        self._segments += _count(runs) - _count(self._known.pop(job_id, {}))
        self._known[job_id] = runs
        while self._segments > _REMEMBERED:
            _, oldest = self._known.popitem(last=False)
            self._segments -= _count(oldest)


def _count(runs: Runs) -> int:
    return sum(map(len, runs.values()))


def _after(ids: list[uuid.UUID], known: Runs) -> Select[Any]:
    """Return the statement for the spans of tracks that follow what is known of them."""
    wanted = (and_(_S.track_id == each, _S.first >= len(known.get(each, ()))) for each in ids)
    columns: list[Any] = [_S.track_id, _S.first, _S.start, _S.offset, _S.sizes, _S.durations]
    return select(*columns).where(or_(*wanted))


def _track(row: Row[Any], segments: Sequence[Segment]) -> Track:
    return Track(
        kind=TrackKind(row.kind),
        made=Made(row.made),
        frame_rate=Fraction(row.frame_rate) if row.frame_rate else None,
        segments=segments,
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _order(track: Track) -> tuple[Any, ...]:
    """Return what tracks are sorted by: large pictures first, the default sound first, 5.1 last."""
    if track.height:
        return -track.height, track.family, -track.max_bitrate
    return 0, not track.is_default, track.is_surround, len(track.name), track.name
