"""What can be streamed stays as long as somebody may be watching it."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from control.replaced import forget_tracks
from core.adapters.postgres import Database
from core.errors import Failure
from core.jobs import create
from core.model import object_keys
from core.model.failure_codes import FailureCode
from core.model.states import Made, TrackKind
from core.model.tables import Span, Track
from core.tasks import settle, spans
from core.tasks.claim import Work
from core.tasks.spans import NewSpan, NewTrack
from core.videos import purges
from tests.support.tables import purged
from tests.support.work import (
    Queued,
    claim,
    encoding,
    ending,
    lapse,
    let_lapse,
    locked,
    queue_video,
    succeed,
    task_of,
    video_of,
)

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)


def track(name: str = "720p") -> NewTrack:
    return NewTrack(
        uuid.uuid4(), name, TrackKind.VIDEO, Made.ENCODED, "avc1.64001f", 24, 700, "ab", 3_000_000
    )


def span(work: Work, of: NewTrack, first: int = 0) -> NewSpan:
    key = f"{work.stream_prefix}{of.name}/{first}.mp4"
    return NewSpan(of.id, first, first * 48, key, 700, (1000,), (48,))


async def play(db: Database, work: Work) -> NewTrack:
    """List the first segment of a job."""
    picture = track()
    async with db.begin() as tx:
        await spans.begin_playing(tx, work, [picture], [span(work, picture)])
    return picture


async def begun(db: Database) -> tuple[Queued, Work]:
    """A job with a first segment that can be watched."""
    queued = await queue_video(db)
    work = await encoding(db, queued)
    await play(db, work)
    return queued, work


async def again(db: Database, queued: Queued) -> Work:
    """Begin another job for a video, with a first segment."""
    async with db.begin() as tx:
        await create.create(tx, await locked(tx, queued.video_id), "transcode")
    task = await task_of(db, queued.video_id)
    work = await encoding(db, Queued(queued.user_id, queued.video_id, task.job_id, task.id))
    await play(db, work)
    return work


async def tracks_of(db: Database, video_id: uuid.UUID) -> dict[uuid.UUID, timedelta | None]:
    """Return for how long the tracks of a video are kept, by their jobs; None for good."""
    columns: list[Any] = [Track.job_id, Track.kept_until - func.now()]
    async with db.autocommit() as connection:
        rows = await connection.execute(select(*columns).where(Track.video_id == video_id))
        return {row[0]: row[1] for row in rows}


async def spans_there(db: Database) -> int:
    async with db.autocommit() as connection:
        return int(await connection.scalar(select(func.count()).select_from(Span)) or 0)


async def test_a_film_that_failed_can_be_made_anew(db: Database) -> None:
    queued, work = await begun(db)
    async with db.begin() as tx:
        await settle.fail(tx, work, FAILURE, ending(work))
    assert (await video_of(db, queued.video_id)).playable_at is None
    await again(db, queued)
    assert (await video_of(db, queued.video_id)).playable_at is not None


async def test_a_later_job_that_fails_leaves_what_is_there(db: Database) -> None:
    queued, work = await begun(db)
    await succeed(db, work, "720p")
    before = await video_of(db, queued.video_id)
    later = await again(db, queued)
    assert len(await tracks_of(db, queued.video_id)) == 2
    async with db.begin() as tx:
        await settle.fail(tx, later, FAILURE, ending(later))
    video = await video_of(db, queued.video_id)
    assert (video.state, video.job_id) == ("ready", work.job_id)
    assert video.playable_at == before.playable_at
    assert await tracks_of(db, queued.video_id) == {work.job_id: None}
    assert work.prefix not in await purged(db)
    assert later.prefix in await purged(db)


async def test_what_a_later_job_replaces_is_kept_for_a_day(db: Database) -> None:
    queued, work = await begun(db)
    await succeed(db, work, "720p")
    later = await again(db, queued)
    await succeed(db, later, "720p")
    kept = await tracks_of(db, queued.video_id)
    assert kept.keys() == {work.job_id, later.job_id}
    assert kept[later.job_id] is None
    first = kept[work.job_id]
    assert first is not None
    assert timedelta(hours=23) < first <= purges.LONGEST_TOKEN
    places = [object_keys.stream_prefix(queued.video_id, each.job_id) for each in (work, later)]
    assert [each for each in places if each in await purged(db)] == places[:1]
    assert await forget_tracks(db) == 0
    # A third one gives it no longer life.
    third = await again(db, queued)
    await succeed(db, third, "720p")
    assert (await purged(db)).count(places[0]) == 1
    async with db.begin() as tx:
        ago = func.now() - timedelta(seconds=1)
        await tx.execute(update(Track).where(Track.job_id == work.job_id).values(kept_until=ago))
    assert await forget_tracks(db) == 1
    assert (await tracks_of(db, queued.video_id)).keys() == {later.job_id, third.job_id}
    assert await spans_there(db) == 2


async def test_tracks_that_join_are_told_of(db: Database) -> None:
    """Whoever shows what can be chosen reads the video again."""
    queued, work = await begun(db)
    before = (await video_of(db, queued.video_id)).version
    small = track("480p")
    async with db.begin() as tx:
        await spans.join(tx, work, [small], [span(work, small)])
    assert (await video_of(db, queued.video_id)).version == before + 1
    assert await spans_there(db) == 2


async def test_of_two_attempts_that_listed_both_stay(db: Database) -> None:
    queued, first = await begun(db)
    for _ in range(2):
        await let_lapse(db, first.task_id)
        await lapse(db)
        work = await claim(db, first.task_id)
    async with db.autocommit() as connection:
        listed = (await spans.listed(connection, work))["720p"]
        add = NewSpan(listed.track_id, 1, 48, f"{work.stream_prefix}720p/1.mp4", 0, (9,), (48,))
        await spans.add(connection, work, [], [add])
    async with db.begin() as tx:
        await settle.abandon(tx, first)
    await succeed(db, work, "720p")
    gone = await purged(db)
    assert first.prefix in gone
    for each in (first, work):
        assert not any(each.stream_prefix.startswith(place) for place in gone)
    assert await tracks_of(db, queued.video_id) == {first.job_id: None}
