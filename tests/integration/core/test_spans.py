"""What is listed of a stream: under the fence, once, and gone with its job."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.errors import Failure, LeaseLost
from core.jobs import cancel, create
from core.model.failure_codes import FailureCode
from core.model.states import Made, TrackKind
from core.model.tables import Span, Track
from core.tasks import settle, spans
from core.tasks.claim import Work
from core.tasks.planning import NewTask
from core.tasks.spans import NewSpan, NewTrack, Stored
from tests.support.tables import everything, purged
from tests.support.work import (
    Queued,
    claim,
    claim_of,
    lapse,
    let_lapse,
    locked,
    planned,
    queue_video,
    succeed,
    video_of,
)

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)


async def in_work(db: Database) -> tuple[Queued, Work]:
    queued = await queue_video(db)
    work = await planned(db, await claim(db, queued.task_id), (NewTask("encode", "encode"),))
    return queued, work


async def found(db: Database, statement: Any) -> list[tuple[Any, ...]]:
    async with db.autocommit() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


def track(name: str = "720p") -> NewTrack:
    return NewTrack(
        uuid.uuid4(),
        name,
        TrackKind.VIDEO,
        Made.ENCODED,
        "avc1.64001f",
        24000,
        700,
        "ab",
        4_000_000,
    )


def span(of: NewTrack, work: Work, first: int, count: int = 1) -> NewSpan:
    key = f"{work.stream_prefix}{of.name}/{first}.mp4"
    return NewSpan(of.id, first, 48_048 * first, key, 0, (1000,) * count, (48_048,) * count)


async def test_segments_are_listed_and_can_be_watched(db: Database) -> None:
    queued, work = await in_work(db)
    picture, sound = track(), track("audio")
    async with db.begin() as tx:
        await spans.begin_playing(
            tx, work, [picture, sound], [span(picture, work, 0), span(sound, work, 0)]
        )
    begun = await video_of(db, queued.video_id)
    assert (begun.state, begun.playable_at is not None) == ("processing", True)
    async with db.autocommit() as connection:
        await spans.add(connection, work, [], [span(picture, work, 1, 3)])
        listed = await spans.listed(connection, work)
    assert {name: (each.segments, each.end) for name, each in listed.items()} == {
        "720p": (4, 4 * 48_048), "audio": (1, 48_048),
    }  # fmt: skip
    await succeed(db, work, "720p")
    ready = await video_of(db, queued.video_id)
    assert (ready.state, ready.playable_at) == ("ready", begun.playable_at)


async def test_it_is_known_where_segments_are_stored(db: Database) -> None:
    _, work = await in_work(db)
    picture, sound = track(), track("audio")
    # The header stands before the first segment; the sound lies behind the picture.
    first = replace(span(picture, work, 0), s3_key=f"{work.stream_prefix}0/0.mp4", offset=700)
    later = replace(span(picture, work, 1, 3), s3_key=f"{work.stream_prefix}0/1.mp4", offset=5000)
    behind = replace(span(sound, work, 0), s3_key=first.s3_key, offset=2400)
    async with db.autocommit() as connection:
        await spans.add(connection, work, [picture, sound], [later, first, behind])
        found = {name: await spans.stored(connection, work, name) for name in ("720p", "audio")}
        listed = await spans.listed(connection, work)
    assert found == {
        "720p": [Stored(first.s3_key, 0, 1700), Stored(later.s3_key, 5000, 8000)],
        "audio": [Stored(first.s3_key, 1700, 3400)],
    }
    assert {name: each.tries for name, each in listed.items()} == {
        "720p": {"0"},
        "audio": {"0"},
    }


async def test_who_has_lost_the_task_lists_nothing(db: Database) -> None:
    _, work = await in_work(db)
    await let_lapse(db, work.task_id)
    await lapse(db)
    before = await everything(db)
    picture = track()
    async with db.autocommit() as connection:
        with pytest.raises(LeaseLost):
            await spans.add(connection, work, [picture], [span(picture, work, 0)])
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await spans.begin_playing(tx, work, [picture], [span(picture, work, 0)])
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await spans.withdraw(tx, work, [picture.name])
    with pytest.raises(LeaseLost):
        async with db.autocommit() as connection:
            await spans.complete(connection, work, [picture.name])
    assert await everything(db) == before


@pytest.mark.parametrize("how", ["fails", "cancelled", "withdrawn"])
async def test_what_is_listed_goes_with_the_job(db: Database, how: str) -> None:
    queued, work = await in_work(db)
    picture = track()
    async with db.begin() as tx:
        await spans.begin_playing(tx, work, [picture], [span(picture, work, 0)])
    async with db.begin() as tx:
        if how == "fails":
            await settle.fail(tx, work, FAILURE)
        elif how == "cancelled":
            await cancel.cancel(tx, queued.video_id)
        else:
            await spans.withdraw(tx, work, [picture.name])
    assert await found(db, select(Track.name)) == []
    assert await found(db, select(Span.first)) == []
    video = await video_of(db, queued.video_id)
    expected = {"fails": "failed", "cancelled": "cancelled", "withdrawn": "processing"}
    assert video.state == expected[how]
    assert video.playable_at is None
    assert any(span(picture, work, 0).s3_key.startswith(each) for each in await purged(db))


async def test_a_film_that_is_there_stays_playable_when_the_next_one_is_taken_back(
    db: Database,
) -> None:
    queued, work = await in_work(db)
    await succeed(db, work, "720p")
    before = await video_of(db, queued.video_id)
    async with db.begin() as tx:
        await create.create(tx, await locked(tx, queued.video_id), "transcode")
    again = await planned(db, await claim_of(db, queued.video_id), (NewTask("encode", "encode"),))
    picture = track()
    async with db.begin() as tx:
        await spans.join(tx, again, [picture], [span(picture, again, 0)])
    async with db.begin() as tx:
        await spans.withdraw(tx, again, [picture.name])
    after = await video_of(db, queued.video_id)
    assert (before.playable_at is not None, after.playable_at) == (True, before.playable_at)


async def test_only_the_segments_of_a_job_are_looked_through_for_what_is_not_listed(
    db: Database,
) -> None:
    _, work = await in_work(db)
    picture = track()
    made, lost = span(picture, work, 0), f"{work.stream_prefix}lost.mp4"
    async with db.begin() as tx:
        await spans.begin_playing(tx, work, [picture], [made])
    async with db.begin() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))  # they are few in a test
        before = await scans(tx)
        await settle.remove_unlisted(tx, work, {made.s3_key, lost})
        assert await scans(tx) == before
    assert await purged(db) == [lost]


async def scans(tx: AsyncConnection) -> int:
    """Return how often all segments were gone through in a transaction."""
    seen = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'spans'"
    return int(await tx.scalar(text(seen)) or 0)


async def test_a_track_is_complete(db: Database) -> None:
    _, work = await in_work(db)
    whole, picture = track(), track(name="another")
    async with db.begin() as tx:
        listed = [span(each, work, 0) for each in (whole, picture)]
        await spans.begin_playing(tx, work, [whole, picture], listed)
    async with db.autocommit() as connection:
        await spans.complete(connection, work, [whole.name])
    told = select(Track.name, Track.is_complete).order_by(Track.name.desc())
    assert await found(db, told) == [("another", False), ("720p", True)]


@pytest.mark.parametrize("shared", [False, True])
async def test_one_track_is_taken_back_alone(db: Database, shared: bool) -> None:
    queued, work = await in_work(db)
    picture, sound = track(), track("audio-2")
    made = [span(each, work, 0) for each in (picture, sound)]
    if shared:  # an object that others need stays
        made[1] = replace(made[1], s3_key=made[0].s3_key)
    async with db.begin() as tx:
        await spans.begin_playing(tx, work, [picture, sound], made)
    async with db.begin() as tx:
        await spans.withdraw(tx, work, ["audio-2", "audio-3"])
    assert await found(db, select(Track.name)) == [(picture.name,)]
    assert await found(db, select(Span.s3_key)) == [(made[0].s3_key,)]
    assert await purged(db) == ([] if shared else [made[1].s3_key])
    assert (await video_of(db, queued.video_id)).playable_at is not None


async def test_a_later_attempt_keeps_what_was_listed(db: Database) -> None:
    _, work = await in_work(db)
    picture = track()
    async with db.begin() as tx:
        await spans.begin_playing(tx, work, [picture], [span(picture, work, 0)])
    await let_lapse(db, work.task_id)
    await lapse(db)
    again = await claim(db, work.task_id)
    assert again.attempt == 2
    async with db.autocommit() as connection:
        await spans.add(connection, again, [], [span(picture, again, 1)])
    await succeed(db, again, "720p")
    # Its files go, its segments stay.
    assert await purged(db) == [work.prefix]
    assert await found(db, select(Span.attempt).order_by(Span.first)) == [(1,), (2,)]


async def test_what_is_listed_twice_stays_as_it_was(db: Database) -> None:
    """The answer of a commit may get lost."""
    _, work = await in_work(db)
    picture = track()
    for count in (1, 3):
        async with db.autocommit() as connection:
            await spans.add(connection, work, [picture], [span(picture, work, 0, count)])
    assert await found(db, select(Span.sizes)) == [([1000],)]
