"""Tasks reach the queue, whoever dies on the way."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio as redis
from sqlalchemy import func, update

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.jobs import cancel
from core.model.states import Topic
from core.model.tables import Outbox, Task
from core.tasks import settle
from tests.support.control import Rounds, rounds_of
from tests.support.settings import Settings, overridden
from tests.support.tables import unsent
from tests.support.waiting import wait_until
from tests.support.work import claim, let_lapse, queue_video, video_of

Make = Callable[..., Rounds]


@pytest.fixture
def make(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    dead: TaskQueue,
    storage: Storage,
    redis_client: redis.Redis,
) -> Make:
    def build(**values: Any) -> Rounds:
        return rounds_of(overridden(settings, **values), db, queue, dead, storage, redis_client)

    return build


async def received(queue: TaskQueue) -> list[uuid.UUID]:
    """Take all messages off the queue."""
    found: list[uuid.UUID] = []
    while messages := await queue.receive(10, wait_s=0):
        for message in messages:
            found.append(message.task_id)
            await queue.delete(message)
    return found


async def test_a_queued_task_is_sent_once(db: Database, queue: TaskQueue, make: Make) -> None:
    queued = await queue_video(db)
    rounds = make()
    assert await rounds.hints() == 1
    assert await rounds.hints() == 0
    assert await received(queue) == [queued.task_id]
    assert await unsent(db, Topic.TASK) == []


async def test_only_what_is_due_is_sent(db: Database, queue: TaskQueue, make: Make) -> None:
    later, running, ended = [await queue_video(db) for _ in range(3)]
    assert await make().hints() == 3
    await received(queue)
    held = await claim(db, later.task_id)
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=60, charge=True)
    await claim(db, running.task_id)
    async with db.begin() as tx:
        await cancel.cancel(tx, ended.video_id)
    assert await make().hints() == 0
    async with db.begin() as tx:
        await tx.execute(update(Outbox).values(available_at=func.now()))
    assert await make().hints() == 1
    assert await received(queue) == [later.task_id]


async def test_several_relays_share_the_work(db: Database, queue: TaskQueue, make: Make) -> None:
    ids = {(await queue_video(db)).task_id for _ in range(130)}
    counts = await asyncio.gather(make().hints(), make().hints(), make().hints())
    assert sum(counts) == 130
    found = await received(queue)
    assert len(found) == 130
    assert set(found) == ids


async def test_what_a_dead_sender_had_marked_is_sent_later(
    db: Database, queue: TaskQueue, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = await queue_video(db)
    dying = make()

    async def die(_ids: object) -> None:
        raise asyncio.CancelledError  # between the mark and the send

    with monkeypatch.context() as patch:
        patch.setattr(queue, "send", die)
        with pytest.raises(asyncio.CancelledError):
            await dying.sent()
    assert await make().hints() == 0  # it may be sending it still
    async with db.begin() as tx:
        await tx.execute(update(Outbox).values(sending_until=func.now()))
    assert await make().hints() == 1
    assert await received(queue) == [queued.task_id]


async def test_what_is_given_back_before_it_is_stamped_is_sent_anew(
    db: Database, queue: TaskQueue, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker was faster than we with the stamp, and failed at once."""
    queued = await queue_video(db)
    plain = queue.send

    async def send(ids: list[uuid.UUID]) -> list[uuid.UUID]:
        sent = await plain(ids)
        held = await claim(db, queued.task_id)
        async with db.begin() as tx:
            await settle.give_back(tx, held, delay_s=0, charge=True)
        monkeypatch.undo()
        return sent

    monkeypatch.setattr(queue, "send", send)
    rounds = make()
    assert await rounds.hints() == 1
    assert await rounds.hints() == 1  # and again, without waiting for anything to be lost
    assert await received(queue) == [queued.task_id] * 2


async def test_what_the_queue_refused_stays_unsent(
    db: Database, queue: TaskQueue, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = await queue_video(db)

    async def refuse(_ids: object) -> list[uuid.UUID]:
        return []

    with monkeypatch.context() as patch:
        patch.setattr(queue, "send", refuse)
        assert await make().hints() == 0
    assert await unsent(db, Topic.TASK) == [queued.task_id]


async def test_lost_hints_are_sent_again(
    db: Database, queue: TaskQueue, make: Make, sqs: Any
) -> None:
    queued = await queue_video(db)
    rounds = make()
    await rounds.sent()
    async with db.begin() as tx:  # sent long ago
        ago = func.now() - func.make_interval(0, 1)
        await tx.execute(update(Task).values(available_at=ago))
        await tx.execute(update(Outbox).values(sent_at=ago))
    await rounds.resend_lost()
    assert await rounds.hints() == 0  # the message is there: nothing is lost
    await sqs.purge_queue(QueueUrl=await queue._find())
    await wait_until(lambda: _is_empty(queue))
    await rounds.resend_lost()
    assert await rounds.hints() == 1
    assert await received(queue) == [queued.task_id]


async def _is_empty(queue: TaskQueue) -> bool:
    return await queue.backlog() == 0


async def test_what_was_sent_just_now_is_not_taken_for_lost(
    db: Database, queue: TaskQueue, make: Make
) -> None:
    await queue_video(db)
    rounds = make()
    await rounds.sent()
    await received(queue)  # a worker has it, and is about to claim it
    await rounds.resend_lost()
    assert await rounds.hints() == 0


@pytest_asyncio.fixture(loop_scope="session")
async def left_alone(make: Make) -> Any:
    """All rounds on their own, quickly; they hear of nothing."""
    rounds = make(sweep_s=0.05, redispatch_s=0.05, upload_check_s=0.05)
    running = asyncio.create_task(rounds.run())
    yield rounds
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_left_alone_it_finds_what_nobody_spoke_of(
    db: Database, queue: TaskQueue, left_alone: Rounds
) -> None:
    queued = await queue_video(db)  # nobody hears of it

    async def sent() -> bool:
        return await unsent(db, Topic.TASK) == []

    await wait_until(sent)
    assert queued.task_id in await received(queue)
    held = await claim(db, queued.task_id)
    await let_lapse(db, queued.task_id)

    async def back() -> bool:
        return bool((await video_of(db, queued.video_id)).state == "queued")

    await wait_until(back)
    assert held.attempt == 1


async def test_a_nudge_is_heeded_at_once(db: Database, queue: TaskQueue, make: Make) -> None:
    rounds = make(sweep_s=3600)
    running = asyncio.create_task(rounds.run())
    try:
        queued = await queue_video(db)
        rounds.relay.nudge()
        [message] = await queue.receive(1, wait_s=5)
        assert message.task_id == queued.task_id
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_queue_that_is_away_does_not_end_the_rounds(
    db: Database, queue: TaskQueue, left_alone: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    send = queue.send

    async def fail(_ids: Any) -> list[uuid.UUID]:
        nonlocal failures
        failures += 1
        raise RuntimeError("not today")

    monkeypatch.setattr(queue, "send", fail)
    await queue_video(db)
    await wait_until(lambda: failures)
    monkeypatch.setattr(queue, "send", send)
    async with db.begin() as tx:
        await tx.execute(update(Outbox).values(sending_until=None))

    async def sent() -> bool:
        return await unsent(db, Topic.TASK) == []

    await wait_until(sent)
