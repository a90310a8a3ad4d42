"""Whatever changes is told: written with the change, sent after it, whoever dies or is away."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio as redis
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from control import outbox_cleanup
from control.outbox_cleanup import forget_sent
from core.adapters.postgres import Database
from core.adapters.redis import connect
from core.adapters.sqs import TaskQueue
from core.errors import Unavailable
from core.events import Subscriber, VideoEvent
from core.jobs import cancel
from core.model.states import Topic
from core.model.tables import Outbox
from core.tasks import settle
from core.videos import lifecycle
from tests.support.control import Rounds, counted, rounds_of
from tests.support.listening import take_no_more
from tests.support.poison import poisoned
from tests.support.settings import Settings, overridden
from tests.support.tables import unsent
from tests.support.waiting import patiently, wait_until
from tests.support.work import (
    Queued,
    claim,
    lapse,
    let_lapse,
    planned,
    queue_video,
    succeed,
    video_of,
)


@pytest.fixture
def rounds(settings: Settings, db: Database, queue: TaskQueue, redis_client: redis.Redis) -> Rounds:
    return rounds_of(settings, db, queue, redis=redis_client)


async def versions_told(db: Database, video_id: uuid.UUID) -> list[int]:
    async with db.autocommit() as connection:
        rows = await connection.scalars(
            select(Outbox.payload)
            .where(Outbox.topic == Topic.VIDEO, Outbox.key == video_id)
            .order_by(Outbox.created_at)
        )
        return [int(payload["version"]) for payload in rows.all()]


async def test_each_transition_is_written_with_its_version(db: Database) -> None:
    queued = await queue_video(db)

    async def told() -> int:
        """How many there are; the last is what the video is at."""
        versions = await versions_told(db, queued.video_id)
        assert versions == list(range(2, 2 + len(versions)))
        assert versions[-1] == (await video_of(db, queued.video_id)).version
        return len(versions)

    counts = [await told()]
    held = await claim(db, queued.task_id)
    counts.append(await told())
    await let_lapse(db, queued.task_id)
    await lapse(db)
    counts.append(await told())
    held = await claim(db, queued.task_id)
    counts.append(await told())
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=0, charge=False)
    counts.append(await told())
    held = await planned(db, await claim(db, queued.task_id))
    counts.append(await told())
    await succeed(db, held, "720p")
    counts.append(await told())
    assert counts == sorted(set(counts))


async def test_what_is_rolled_back_is_told_to_nobody(db: Database) -> None:
    queued = await queue_video(db)
    before = await unsent(db, Topic.VIDEO), await unsent(db, Topic.TASK)
    async with db.begin() as tx:
        await cancel.cancel(tx, queued.video_id)
        await tx.rollback()
    assert (await unsent(db, Topic.VIDEO), await unsent(db, Topic.TASK)) == before


@pytest_asyncio.fixture(loop_scope="session")
async def heard(redis_client: redis.Redis) -> AsyncIterator["Heard"]:
    subscriber = Subscriber(redis_client)
    running = asyncio.create_task(subscriber.run())
    yield Heard(subscriber, redis_client)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await subscriber.close()


class Heard:
    """What somebody hears who watches a user's videos."""

    def __init__(self, subscriber: Subscriber, client: redis.Redis) -> None:
        self._subscriber = subscriber
        self._client = client

    @asynccontextmanager
    async def of(self, queued: Queued) -> AsyncIterator["asyncio.Queue[VideoEvent]"]:
        async with self._subscriber.listen(queued.user_id) as events:
            await wait_until(lambda: self._subscribed(queued.user_id))
            yield events

    async def _subscribed(self, user_id: uuid.UUID) -> int:
        [(_, count)] = await self._client.pubsub_numsub(f"video-events:{user_id}")
        return int(count)


async def test_each_event_is_sent_once_however_many_relays_there_are(
    db: Database, rounds: Rounds, settings: Settings, queue: TaskQueue, heard: Heard,
    redis_client: redis.Redis,
) -> None:  # fmt: skip
    queued = await queue_video(db)
    await planned(db, await claim(db, queued.task_id))
    others = [rounds_of(settings, db, queue, redis=redis_client) for _ in range(3)]
    async with heard.of(queued) as events, patiently():
        await asyncio.gather(*(each.sent() for each in (rounds, *others)))
        versions = sorted([(await events.get()).version for _ in range(3)])
        assert versions == [2, 3, 4]
        # Whatever was sent twice would come before this one.
        await redis_client.publish(f"video-events:{queued.user_id}", f"{queued.video_id} 99")
        assert (await events.get()).version == 99
    assert await unsent(db, Topic.VIDEO) == []
    assert await rounds.sent() == 0


async def test_a_relay_that_dies_before_it_can_stamp_leaves_it_to_another(
    db: Database, rounds: Rounds, queue: TaskQueue, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = await queue_video(db)
    plain = queue.send

    async def send_and_die(ids: list[uuid.UUID]) -> Any:
        await plain(ids)
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(queue, "send", send_and_die)
        with pytest.raises(asyncio.CancelledError):
            # By itself: a relay of events that is left at work stamps what is reset below.
            await rounds.relay.relay(Topic.TASK)
    assert await unsent(db, Topic.TASK) == [queued.task_id]
    assert await rounds.hints() == 0  # that one may be at it still
    async with db.begin() as tx:
        await tx.execute(update(Outbox).values(sending_until=func.now(), sent_at=None))
    async with heard.of(queued) as events, patiently():
        assert await rounds.hints() == 1
        assert (await events.get()).version == 2
    assert await unsent(db, Topic.TASK) == await unsent(db, Topic.VIDEO) == []
    assert len(await queue.receive(10, wait_s=0)) == 2  # twice does no harm


async def test_a_redis_that_is_away_keeps_no_hint_from_the_queue(
    db: Database, rounds: Rounds, settings: Settings, queue: TaskQueue
) -> None:
    nowhere = connect("redis://127.0.0.1:1/0")
    queued = await queue_video(db)
    assert await rounds_of(settings, db, queue, redis=nowhere).hints() == 1
    assert (await unsent(db, Topic.TASK), await unsent(db, Topic.VIDEO)) == ([], [queued.video_id])
    async with db.begin() as tx:
        await tx.execute(update(Outbox).values(sending_until=None))
    assert await rounds.sent() == 1  # once it is back
    assert await unsent(db, Topic.VIDEO) == []
    await nowhere.aclose()


class Silent(asyncio.Protocol):
    """Takes what is sent, and never says a word."""

    def __init__(self, taken: list[asyncio.BaseTransport]) -> None:
        self._taken = taken

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._taken.append(transport)


@asynccontextmanager
async def hanging_redis() -> AsyncIterator[redis.Redis]:
    """One that takes every connection and does not answer."""
    taken: list[asyncio.BaseTransport] = []
    server = await asyncio.get_running_loop().create_server(lambda: Silent(taken), "127.0.0.1", 0)
    client = connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    try:
        yield client
    finally:
        await client.aclose()
        await take_no_more(server.sockets)
        for transport in taken:
            transport.close()
        server.close()


async def test_a_redis_that_hangs_holds_up_no_hint_however_many_events_wait(
    db: Database, settings: Settings, queue: TaskQueue
) -> None:
    waiting = [await queue_video(db) for _ in range(3)]
    async with db.begin() as tx:
        for each in waiting:
            payload = {"user_id": str(each.user_id), "version": 2}
            await tx.execute(
                insert(Outbox),
                [{"topic": "video", "key": each.video_id, "payload": payload} for _ in range(150)],
            )
        long_ago = func.now() - timedelta(hours=1)
        await tx.execute(
            update(Outbox).where(Outbox.topic == Topic.VIDEO).values(available_at=long_ago)
        )
    async with hanging_redis() as client:
        before = counted("sent")
        relay = rounds_of(overridden(settings, sweep_s=0.05), db, queue, redis=client).relay
        running = asyncio.create_task(relay.run())
        try:
            await wait_until(lambda: counted("sent") == before + 3)
            late = await queue_video(db)
            await wait_until(lambda: counted("sent") == before + 4)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    found = {message.task_id for message in await queue.receive(10, wait_s=0)}
    assert found == {late.task_id, *(each.task_id for each in waiting)}
    assert len(await unsent(db, Topic.VIDEO)) == 454


async def test_a_queue_that_is_away_keeps_no_event_from_who_watches(
    db: Database, rounds: Rounds, queue: TaskQueue, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = await queue_video(db)

    async def away(_ids: object) -> Any:
        raise Unavailable("The queue does not answer.")

    monkeypatch.setattr(queue, "send", away)
    async with heard.of(queued) as events, patiently():
        assert await rounds.sent() == 1
        assert (await events.get()).version == 2
    assert await unsent(db, Topic.TASK) == [queued.task_id]


async def test_what_was_sent_is_forgotten_after_a_while_and_nothing_else(
    db: Database, rounds: Rounds
) -> None:
    await queue_video(db)
    await rounds.sent()
    assert await forget_sent(db) == 0
    waiting = await queue_video(db)
    async with db.begin() as tx:
        ago = func.now() - timedelta(hours=2)
        await tx.execute(update(Outbox).where(Outbox.sent_at.is_not(None)).values(sent_at=ago))
    assert await forget_sent(db) == 2
    assert await unsent(db, Topic.TASK) == [waiting.task_id]
    assert await unsent(db, Topic.VIDEO) == [waiting.video_id]


async def test_rows_are_forgotten_page_by_page(
    db: Database, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that cannot be removed takes one page along, and none that went before."""
    monkeypatch.setattr(outbox_cleanup, "_PAGE", 1)
    queued = [await queue_video(db) for _ in range(3)]
    await rounds.sent()
    async with db.begin() as tx:
        ago = func.now() - timedelta(hours=2)
        await tx.execute(update(Outbox).values(sent_at=ago))
        await tx.execute(
            update(Outbox)
            .where(Outbox.key == queued[-1].task_id)
            .values(sent_at=ago + timedelta(minutes=1))
        )
        last = await tx.scalar(select(Outbox.id).where(Outbox.key == queued[-1].task_id))
    assert last is not None
    async with poisoned(db, "outbox", last):
        with pytest.raises(DBAPIError, match="poisoned"):
            await forget_sent(db)
        async with db.autocommit() as connection:
            assert (await connection.scalars(select(Outbox.id))).all() == [last]
    assert await forget_sent(db) == 1


async def test_what_nobody_could_be_told_while_it_was_news_is_forgotten(
    db: Database, rounds: Rounds
) -> None:
    """Whoever watches has read the rows since; and what is queued has still to be sent."""
    old, new = await queue_video(db), await queue_video(db)
    async with db.begin() as tx:
        ago = func.now() - timedelta(minutes=11)
        rows = Outbox.key.in_((old.video_id, old.task_id))
        await tx.execute(update(Outbox).where(rows).values(available_at=ago))
    assert await forget_sent(db) == 1
    assert await unsent(db, Topic.VIDEO) == [new.video_id]
    assert await unsent(db, Topic.TASK) == [old.task_id, new.task_id]


async def test_neither_waits_for_the_part_that_the_other_is_sent_to(
    db: Database, rounds: Rounds, queue: TaskQueue, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that takes its time holds up no event, round after round."""
    first, before = await queue_video(db), counted("sent")
    asked, answers = asyncio.Event(), asyncio.Event()
    plain = queue.send

    async def slow(ids: list[uuid.UUID]) -> list[uuid.UUID]:
        asked.set()
        await answers.wait()
        return await plain(ids)

    monkeypatch.setattr(queue, "send", slow)
    running = asyncio.create_task(rounds.relay.run())
    async with heard.of(first) as events, patiently():
        await asked.wait()
        async with db.begin() as tx:
            await lifecycle.touch(tx, first.video_id, title="renamed")
        rounds.relay.nudge()
        while (await events.get()).version < 3:
            pass
        answers.set()
        await wait_until(lambda: counted("sent") > before)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_hint_is_found_at_once_however_many_events_wait(db: Database) -> None:
    queued = await queue_video(db)
    async with db.begin() as tx:
        ago = func.now() - timedelta(minutes=1)
        rows = [{"topic": "video", "key": uuid.uuid4()} for _ in range(5000)]
        await tx.execute(insert(Outbox).values(available_at=ago), rows)
        await tx.execute(text("ANALYZE outbox"))
        # As the relay asks.
        plan = await tx.scalar(
            text(
                "EXPLAIN (ANALYZE, FORMAT JSON) SELECT id FROM outbox WHERE topic = 'task'"
                " AND sent_at IS NULL AND available_at <= now() ORDER BY available_at LIMIT 100"
            )
        )
    assert await unsent(db, Topic.TASK) == [queued.task_id]
    assert json.dumps(plan).count("Rows Removed by Filter") == 0, plan
