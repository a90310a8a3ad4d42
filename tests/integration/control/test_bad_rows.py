"""A row that nothing can be done to waits by itself: a hundred behind it are handled as ever.

Each kind of round meets one that raises at every write, before the others in its order.
"""

import uuid
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis.asyncio as redis
import structlog
from sqlalchemy import func, insert, select, update

from control import deleted, purges, uploads
from core import setbacks
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.errors import BadRow, Refused, Unavailable
from core.model.states import Topic
from core.model.tables import Outbox, Purge, Setback, Task, Upload, Video
from core.setbacks import Kind
from core.tasks.claim import Claim
from core.videos import removal
from embedded.stack import Stack
from tests.support.control import Rounds as Control
from tests.support.control import counted, rounds_of
from tests.support.lanes import Rounds
from tests.support.poison import poisoned, untold
from tests.support.settings import Settings
from tests.support.tables import outbox_of, unsent
from tests.support.work import claim, claim_next_of_all, new_video, queue_video


@pytest.fixture
def good(rounds: Rounds) -> int:
    """How many others there are."""
    return rounds(test=20, rest=100, prove=100)


@pytest.fixture
def control(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    dead: TaskQueue,
    storage: Storage,
    redis_client: redis.Redis,
) -> Control:
    return rounds_of(settings, db, queue, dead, storage, redis_client)


async def count(db: Database, *where: Any) -> int:
    async with db.autocommit() as connection:
        return int(await connection.scalar(select(func.count()).where(*where)) or 0)


async def set_back(db: Database, kind: Kind) -> set[uuid.UUID]:
    async with db.autocommit() as connection:
        return set(await connection.scalars(select(Setback.row_id).where(Setback.kind == kind)))


async def tasks_of(db: Database, number: int) -> list[uuid.UUID]:
    return [(await queue_video(db)).task_id for _ in range(number)]


async def test_tasks_that_lapsed(db: Database, control: Control, good: int) -> None:
    bad, *_ = tasks = await tasks_of(db, 1 + good)
    for task_id in tasks:
        await claim(db, task_id)
    async with db.begin() as tx:
        ago = func.now() - timedelta(minutes=1)
        await tx.execute(update(Task).values(lease_until=ago))
        await tx.execute(
            update(Task).where(Task.id == bad).values(lease_until=ago - timedelta(hours=1))
        )
    before = counted("lapsed")
    async with poisoned(db, "job_tasks", bad):
        await control.leases.lapse()
        assert await count(db, Task.state == "queued") == good
        assert await set_back(db, Kind.LAPSE) == {bad}
        assert counted("lapsed") == before + good  # and each was told of


async def test_tasks_to_be_sent(db: Database, control: Control, good: int) -> None:
    bad, *_ = await tasks_of(db, 1 + good)
    row = await outbox_of(db, bad)
    async with poisoned(db, "outbox", row):
        assert await control.hints() == good
        assert await set_back(db, Kind.RELAY) == {row}
        assert await unsent(db, Topic.TASK) == [bad]
        assert await unsent(db, Topic.VIDEO) == []  # nor does it hold up word of videos


async def test_videos_to_be_told_of(db: Database, control: Control, good: int) -> None:
    bad, *_ = [await queue_video(db) for _ in range(1 + good)]
    row = await outbox_of(db, bad.video_id)
    async with poisoned(db, "outbox", row):
        assert await control.hints() == 1 + good
        assert await unsent(db, Topic.VIDEO) == [bad.video_id]


@pytest.mark.parametrize("payload", [{}, [], {"user_id": "nobody", "version": 2}])
async def test_events_that_make_no_sense(
    db: Database, control: Control, good: int, payload: Any
) -> None:
    bad, *_ = [await queue_video(db) for _ in range(1 + good)]
    row = await outbox_of(db, bad.video_id)
    async with db.begin() as tx:
        await tx.execute(update(Outbox).where(Outbox.id == row).values(payload=payload))
    assert await control.sent() == 2 * good + 1
    assert await unsent(db, Topic.VIDEO) == [bad.video_id]
    assert await set_back(db, Kind.RELAY) == {row}


async def test_tasks_whose_messages_are_lost(db: Database, control: Control, good: int) -> None:
    bad, *_ = await tasks_of(db, 1 + good)
    async with db.begin() as tx:
        ago = func.now() - timedelta(hours=1)
        await tx.execute(update(Task).values(available_at=ago))
        earlier = ago - timedelta(hours=1)
        await tx.execute(update(Task).where(Task.id == bad).values(available_at=earlier))
        await tx.execute(update(Outbox).values(sent_at=ago))
    async with untold(db, bad):
        await control.resend_lost()
        assert len(await unsent(db, Topic.TASK)) == good
        assert await set_back(db, Kind.RELAY) == {bad}


async def test_tasks_to_be_claimed(db: Database, good: int) -> None:
    bad, *others = await tasks_of(db, 1 + good)
    claimed: set[uuid.UUID] = set()
    refused: list[uuid.UUID] = []
    async with poisoned(db, "job_tasks", bad):
        while len(claimed) < good:
            try:
                taken = await claim_next_of_all(db)
            except BadRow as error:  # its turn came first; as a worker does
                refused.append(error.task_id)
                await setbacks.note(db, Kind.CLAIM, bad, error)
            else:
                assert isinstance(taken, Claim)
                claimed.add(taken.task_id)
    assert claimed == set(others)
    # It had to be passed over once, and perhaps again each time that its wait was over.
    assert set(refused) == {bad}
    assert len(refused) < good


async def test_what_another_has_locked_is_not_blamed(db: Database) -> None:
    locked, bad = await tasks_of(db, 2)
    async with poisoned(db, "job_tasks", bad), db.begin() as tx:
        await tx.execute(select(Task.id).where(Task.id == locked).with_for_update())
        with pytest.raises(BadRow) as caught:
            await claim_next_of_all(db)
    assert caught.value.task_id == bad


async def begin_upload(db: Database, storage: Storage, check_at: datetime) -> uuid.UUID:
    """Begin one that the store has put together, although nobody was told."""
    video, upload_id = await new_video(db, size=3), uuid.uuid4()
    key = f"videos/{video.video_id}/source.mp4"
    await storage.put(key, b"abc", "video/mp4")
    now = datetime.now(UTC)
    async with db.begin() as tx:
        await tx.execute(
            insert(Upload).values(
                id=upload_id, video_id=video.video_id, user_id=video.user_id,
                filename="film.mp4", size=3, part_size=3, part_count=1, state="open",
                s3_key=key, s3_upload_id="gone", check_at=check_at,
                expires_at=now + timedelta(hours=1),
            )
        )  # fmt: skip
    return upload_id


async def test_uploads(db: Database, storage: Storage, settings: Settings, good: int) -> None:
    ago = datetime.now(UTC) - timedelta(minutes=1)
    bad = await begin_upload(db, storage, ago - timedelta(hours=1))
    for _ in range(good):
        await begin_upload(db, storage, ago)
    async with poisoned(db, "uploads", bad):
        await uploads.check(db, storage, settings.upload_check_s)
        # Nothing that was earned is lost with the one.
        assert len(await unsent(db, Topic.VIDEO)) == good
        assert await count(db, Upload.state == "completed") == good
        assert await set_back(db, Kind.UPLOAD) == {bad}


async def purge_row(db: Database, prefix: str, not_before: datetime) -> uuid.UUID:
    purge_id = uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(insert(Purge).values(id=purge_id, prefix=prefix, not_before=not_before))
    return purge_id


async def purges_of(db: Database, storage: Storage, number: int) -> list[uuid.UUID]:
    ago = datetime.now(UTC) - timedelta(hours=1)
    root = f"videos/{uuid.uuid4()}"
    for each in range(number):
        await storage.put(f"{root}/{each:03}/a", b"x", "text/plain")
    return [
        await purge_row(db, f"{root}/{each:03}/", ago + timedelta(seconds=each))
        for each in range(number)
    ]


async def test_purges(db: Database, storage: Storage, settings: Settings, good: int) -> None:
    bad, *_ = await purges_of(db, storage, 1 + good)
    async with poisoned(db, "purges", bad):
        assert await purges.purge(db, storage) == good
        assert await count(db, Purge.id == Purge.id) == 1
        assert await set_back(db, Kind.PURGE) == {bad}


async def test_purges_that_the_store_refuses(
    db: Database,
    storage: Storage,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    good: int,
) -> None:
    bad = await purges_of(db, storage, 60)
    async with db.autocommit() as connection:
        refused = set(await connection.scalars(select(Purge.prefix)))
    plain = storage.delete_prefix

    async def delete_prefix(prefix: str) -> int:
        if prefix in refused:
            raise Refused("The object store refused a request (AccessDenied).")
        return await plain(prefix)

    await purges_of(db, storage, good)
    monkeypatch.setattr(storage, "delete_prefix", delete_prefix)
    assert await purges.purge(db, storage) == good
    assert await set_back(db, Kind.PURGE) == set(bad)


async def test_videos_to_be_forgotten(
    db: Database, storage: Storage, settings: Settings, good: int
) -> None:
    videos = [(await new_video(db, state="queued")).video_id for _ in range(1 + good)]
    for video_id in videos:
        async with db.begin() as tx:
            await removal.delete_video(tx, video_id)
    async with db.begin() as tx:
        await tx.execute(update(Video).values(updated_at=func.now() - timedelta(days=1)))
    async with poisoned(db, "videos", videos[0]):
        assert await deleted.forget_videos(db, storage, settings.forget_deleted_s) == good
        assert await count(db, Video.id == Video.id) == 1
        assert await set_back(db, Kind.FORGET) == {videos[0]}


async def test_a_row_that_somebody_has_locked(
    stack: Stack, db: Database, storage: Storage, settings: Settings, good: int
) -> None:
    hurried = Database(settings.database_url.get_secret_value(), lock_s=0.2)
    bad, *_ = await purges_of(db, storage, 1 + good)
    async with db.begin() as holding:
        await holding.execute(select(Purge.id).where(Purge.id == bad).with_for_update())
        assert await purges.purge(hurried, storage) == good
    assert await set_back(db, Kind.PURGE) == {bad}
    await hurried.close()


async def test_a_locked_row_keeps_nobody_from_being_told_that_others_are_sent(
    db: Database, control: Control, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, *_ = await tasks_of(db, 1 + good)
    row = await outbox_of(db, locked)
    plain = control.relay._queue.send
    async with AsyncExitStack() as held:

        async def send(ids: list[uuid.UUID]) -> list[uuid.UUID]:
            if locked in ids:  # many tasks are sent in several batches
                holding = await held.enter_async_context(db.begin())
                await holding.execute(select(Outbox.id).where(Outbox.id == row).with_for_update())
            return await plain(ids)

        monkeypatch.setattr(control.relay._queue, "send", send)
        assert await control.hints() == 1 + good
        assert await unsent(db, Topic.TASK) == [locked]


async def test_newcomers_do_not_get_the_turn_of_one_that_stands_still(db: Database) -> None:
    """Else they would all go before somebody who has waited longer with several films."""
    bad, *_ = await tasks_of(db, 1)
    async with db.begin() as tx:
        await tx.execute(update(Task).where(Task.id == bad).values(turn=3))
    await setbacks.note(db, Kind.LAPSE, bad, RuntimeError("no"))
    waiting = (await queue_video(db)).task_id
    async with db.begin() as tx:
        await tx.execute(update(Task).where(Task.id == waiting).values(turn=9))
    newcomer = (await queue_video(db)).task_id
    async with db.autocommit() as connection:
        assert await connection.scalar(select(Task.turn).where(Task.id == newcomer)) == 9


async def test_a_row_that_was_handled_since_begins_anew(db: Database) -> None:
    row_id = uuid.uuid4()
    for _ in range(5):
        await setbacks.note(db, Kind.UPLOAD, row_id, Unavailable("away"))
    async with db.begin() as tx:
        await tx.execute(update(Setback).values(retry_at=func.now() - timedelta(minutes=5)))
    with structlog.testing.capture_logs() as lines:
        await setbacks.note(db, Kind.UPLOAD, row_id, RuntimeError("no"))
    assert [line["retry_s"] for line in lines] == [5.0]


async def test_each_failure_is_told_to_the_operator_and_doubles_the_wait(db: Database) -> None:
    row_id, waits = uuid.uuid4(), []
    for _ in range(3):
        with structlog.testing.capture_logs() as lines:
            await setbacks.note(db, Kind.PURGE, row_id, RuntimeError("no"))
        [line] = lines
        assert (line["log_level"], line["row"]) == ("error", str(row_id))
        waits.append(line["retry_s"])
    assert waits == [5.0, 10.0, 20.0]
    async with db.autocommit() as connection:
        assert await setbacks.waiting(connection) == {"purge": 1}


@pytest.mark.parametrize(
    ("error", "longest"), [(RuntimeError("no"), 3600.0), (Unavailable("away"), 60.0)]
)
async def test_what_was_away_is_asked_again_sooner(
    db: Database, error: Exception, longest: float
) -> None:
    row_id = uuid.uuid4()
    await setbacks.note(db, Kind.UPLOAD, row_id, error)
    async with db.begin() as tx:
        await tx.execute(update(Setback).values(attempts=1000))
    with structlog.testing.capture_logs() as lines:
        await setbacks.note(db, Kind.UPLOAD, row_id, error)
    assert [line["retry_s"] for line in lines] == [longest]
