"""Lists segments while they are made: who holds a task writes what it has stored, under the fence.

A segment that is listed stays as it is. So a later attempt lists only what is not there yet.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from pydantic_core import to_jsonable_python
from sqlalchemy import CTE, and_, bindparam, column, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from core.errors import LeaseLost
from core.jobs.project import shown_job
from core.model.states import Effect, Made, TrackKind
from core.model.tables import Span, Task, Track
from core.tasks.claim import Work
from core.tasks.lease import ours
from core.videos import lifecycle, purges


@dataclass(frozen=True)
class NewTrack:
    """A track of a job; sizes in bytes and pixels, bits per second, ticks per second."""

    id: uuid.UUID
    name: str
    kind: TrackKind
    made: Made
    codecs: str
    time_scale: int
    init_size: int
    init_sha256: str
    max_bitrate: int
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None
    channels: int | None = None
    language: str | None = None
    title: str | None = None
    role: str | None = None
    is_default: bool = True


@dataclass(frozen=True)
class NewSpan:
    """Segments of a track in one stored object: bytes, and ticks of the track."""

    track_id: uuid.UUID
    first: int
    start: int
    s3_key: str
    offset: int
    sizes: tuple[int, ...]
    durations: tuple[int, ...]


@dataclass(frozen=True)
class Listed:
    """What is listed of a track: so many segments, up to `end` in ticks, and whose header.

    `tries` are those of attempts that have made them, as the folders of objects are named.
    """

    track_id: uuid.UUID
    init_sha256: str
    segments: int
    end: int
    made: str = Made.ENCODED
    tries: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stored:
    """Where a run of segments of a track is stored: an object, and bytes of it up to before `end`.

    The first of a track begins with its header.
    """

    s3_key: str
    start: int
    end: int


async def stored(connection: AsyncConnection, work: Work, name: str) -> list[Stored]:
    """Return where the segments of a track of a job are stored, in order."""
    rows = await connection.execute(
        select(Span.s3_key, Span.offset, Span.sizes, Span.first, Track.init_size)
        .join(Track, Track.id == Span.track_id)
        .where(Track.job_id == work.job_id, Track.name == name)
        .order_by(Span.first)
    )
    return [
        Stored(key, offset - (0 if first else header), offset + sum(sizes))
        for key, offset, sizes, first, header in rows
    ]


async def listed(connection: AsyncConnection, work: Work) -> dict[str, Listed]:
    """Return what is listed of the tracks of a job, by name."""
    rows = await connection.execute(
        select(
            Track.name,
            Track.id,
            Track.init_sha256,
            Track.made,
            Span.start,
            Span.durations,
            Span.s3_key,
        )
        .outerjoin(Span, Span.track_id == Track.id)
        .where(Track.job_id == work.job_id)
        .order_by(Span.first)
    )
    found: dict[str, Listed] = {}
    for name, key, init, made, start, durations, s3_key in rows:
        before = found.get(name, Listed(key, init, 0, 0))
        many = len(durations or ())
        end = start + sum(durations) if many else 0
        tries = before.tries | ({s3_key.rsplit("/", 2)[-2]} if many else set())
        found[name] = Listed(key, init, before.segments + many, end, made, tries)
    return found


async def add(
    connection: AsyncConnection, work: Work, tracks: Sequence[NewTrack], spans: Sequence[NewSpan]
) -> None:
    """List segments that are stored and checked; with their tracks, where these are new.

    One statement. It locks the task's row alone, as a heartbeat does.

    Raises:
        LeaseLost: the task belongs to another attempt; nothing was written.
    """
    held = select(Task.id).where(ours(work)).with_for_update(read=True).cte("held")
    of_job = {"video_id": work.video_id, "job_id": work.job_id}
    rows = {
        "spans": [{**asdict(span), "attempt": work.attempt} for span in spans],
        "tracks": [{**of_job, **asdict(track)} for track in tracks],
    }
    statement = _insert(Span, rows["spans"][0], held)
    if tracks:
        statement = statement.add_cte(_insert(Track, rows["tracks"][0], held).cte("begun"))
    added = await connection.execute(statement, to_jsonable_python(rows))
    # What is listed already was written by us, and its commit was not answered.
    if not added.rowcount and await connection.scalar(select(Task.id).where(ours(work))) is None:
        raise LeaseLost


async def begin_playing(
    tx: AsyncConnection, work: Work, tracks: Sequence[NewTrack], spans: Sequence[NewSpan]
) -> None:
    """List the segments with which a video can be watched for the first time; as `add`."""
    video = await lifecycle.lock(tx, work.video_id)
    if video is None:
        raise LeaseLost
    await add(tx, work, tracks, spans)
    if work.effect == Effect.REPLACE and video.playable_at is None:
        await lifecycle.touch(tx, work.video_id, playable_at=func.now())


async def join(
    tx: AsyncConnection, work: Work, tracks: Sequence[NewTrack], spans: Sequence[NewSpan]
) -> None:
    """List tracks beside those that are there, as `add`; who watches is told that there are more.

    Raises:
        LeaseLost: the task belongs to another attempt; nothing was written.
    """
    video = await lifecycle.lock(tx, work.video_id)
    if video is None:
        raise LeaseLost
    await add(tx, work, tracks, spans)
    if work.effect == Effect.REPLACE and video.playable_at is not None:
        await lifecycle.touch(tx, work.video_id)


async def complete(connection: AsyncConnection, work: Work, names: Collection[str]) -> None:
    """Note that tracks of a job grow no more; raises as `add`."""
    held = select(Task.id).where(ours(work)).with_for_update(read=True).cte("held")
    noted = await connection.execute(
        update(Track)
        .where(Track.job_id == work.job_id, Track.name.in_(names))
        .where(exists().select_from(held))
        .values(is_complete=True)
    )
    if not noted.rowcount:
        raise LeaseLost


async def withdraw(tx: AsyncConnection, work: Work, names: Collection[str]) -> None:
    """Take back what is listed of tracks of a job, and have it removed; raises as `add`.

    If nothing is left that can be watched, the video says so.
    """
    video = await lifecycle.lock(tx, work.video_id)
    if video is None or await tx.scalar(select(Task.id).where(ours(work))) is None:
        raise LeaseLost
    meant = and_(Track.job_id == work.job_id, Track.name.in_(names))
    # An object can hold segments of other tracks, which stay.
    other, kept = aliased(Span), aliased(Track)
    is_kept = exists().where(
        other.s3_key == Span.s3_key,
        other.track_id == kept.id,
        kept.job_id == work.job_id,
        kept.name.not_in(names),
    )
    keys = await tx.scalars(
        select(Span.s3_key).distinct().join(Track, Track.id == Span.track_id).where(meant, ~is_kept)
    )
    await purges.schedule_removal(tx, *keys.all(), wait=purges.LONGEST_URL)
    await tx.execute(delete(Track).where(meant))
    if work.effect == Effect.REPLACE and video.playable_at is not None:
        left = await tx.scalar(select(Track.id).where(Track.job_id == work.job_id).limit(1))
        if left is None and await shown_job(tx, video.id) is None:
            await lifecycle.touch(tx, video.id, playable_at=None)


def _insert(table: type[Track | Span], names: Iterable[str], held: CTE) -> Insert:
    """Insert rows with these columns, which are given as JSON, if the task is held."""
    columns = [column(name, table.__table__.c[name].type) for name in names]
    # JSON, so that the statement is the same for any number of rows, and is compiled once.
    rows = func.jsonb_to_recordset(bindparam(table.__tablename__, type_=JSONB))
    given = rows.table_valued(*columns, name="given").render_derived(with_types=True)
    adding = insert(table).from_select(list(names), select(given).where(exists().select_from(held)))
    return adding.on_conflict_do_nothing()
