"""What a worker does with hints; and a task that cannot begin keeps it from no other."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio as redis
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL, make_url

from core.adapters.postgres import Database
from core.adapters.sqs import TaskMessage, TaskQueue
from core.errors import DatabaseAway
from core.model.tables import Setback, Task, Video
from core.tasks.claim import Claim
from core.until_signal import until_signal
from tests.support.poison import poisoned
from tests.support.settings import Settings
from tests.support.waiting import wait_until
from tests.support.work import attempt_of, claim, lapse, let_lapse, queue_video, rows, task_of
from workers.runtime.consumer import Consumer
from workers.runtime.protection import Protection
from workers.tools import Adapters


class Begun(Consumer):
    """Notes which tasks would be worked on, and holds them until `go_on` is set."""

    def __init__(self, adapters: Adapters, home: Path) -> None:
        super().__init__(adapters, home, Protection())
        self.tasks: list[uuid.UUID] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def _work_on(self, claim: Claim) -> None:
        if await self._begun(claim) is not None:
            self.tasks.append(claim.task_id)
            await self.go_on.wait()


@pytest.fixture
def consumer(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    redis_client: redis.Redis,
    clean: None,
    tmp_path: Path,
) -> Begun:
    chosen = settings.model_copy(update={"scratch_dir": tmp_path, "min_free_disk_bytes": 0})
    nothing = cast(Any, None)
    return Begun(Adapters(chosen, db, queue, redis_client, nothing, "worker"), tmp_path)


async def works_through(consumer: Begun, queue: TaskQueue, *tasks: uuid.UUID) -> None:
    """Have it receive a message for each task."""
    await queue.send(list(tasks))

    async def empty() -> bool:
        await consumer._receive(10)
        await wait_until(lambda: not consumer.running)
        return not await queue.backlog()

    await wait_until(empty)


async def test_a_hint_is_settled_while_its_task_is_still_worked_on(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    waiting = await queue_video(db)
    await queue.send([waiting.task_id])
    consumer.go_on.clear()
    await consumer._receive(1)
    await wait_until(lambda: consumer.tasks == [waiting.task_id])

    async def settled() -> bool:
        return not await queue.backlog()

    await wait_until(settled)
    assert consumer.running
    consumer.go_on.set()
    await wait_until(lambda: not consumer.running)


async def test_work_is_found_that_no_hint_came_of(db: Database, consumer: Begun) -> None:
    waiting = await queue_video(db)
    await consumer._handle(None)
    assert consumer.tasks == [waiting.task_id]


async def test_who_has_found_work_looks_for_more_at_once(
    db: Database, settings: Settings, sqs: Any, consumer: Begun
) -> None:
    """The hints may have gone to workers who can do nothing with them."""
    waits = []

    class Noting(TaskQueue):
        async def receive(self, most: int, wait_s: int = -1) -> list[TaskMessage]:
            waits.append(wait_s)
            return await super().receive(most, wait_s)

    queue = Noting(sqs, settings.sqs_queue, settings.visibility_s)
    consumer._adapters = replace(consumer._adapters, queue=queue)
    films = [await queue_video(db) for _ in range(2)]
    await queue.send([films[0].task_id])
    for _ in films:
        await consumer._receive(1)
        await wait_until(lambda: not consumer.running)
    assert sorted(consumer.tasks) == sorted(film.task_id for film in films)
    assert waits == [20, 0]


async def test_a_hint_of_what_is_held_already_is_settled_and_begins_nothing(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    waiting = await queue_video(db)
    await works_through(consumer, queue, *[waiting.task_id] * 3)
    assert consumer.tasks == [waiting.task_id]
    assert (await task_of(db, waiting.video_id)).attempt == 1


async def test_what_is_claimed_while_the_worker_is_told_to_stop_is_given_back(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    waiting = await queue_video(db)
    async with db.begin() as tx:  # so that it cannot begin
        await tx.execute(select(Video.id).where(Video.id == waiting.video_id).with_for_update())
        handling = asyncio.create_task(consumer._handle(None))

        async def claimed() -> bool:
            return bool((await task_of(db, waiting.video_id)).state == "running")

        await wait_until(claimed)
        handling.cancel()
    await asyncio.wait({handling})
    given = await task_of(db, waiting.video_id)
    assert (given.state, given.attempt, given.charged) == ("queued", 1, 0)
    assert (await attempt_of(db, given.id)).outcome == "released"
    assert consumer.tasks == []


class Line:
    """A line to Postgres on which the answer that names a task is lost, and which then is dead."""

    def __init__(self, url: URL, task_id: uuid.UUID) -> None:
        self._url = url
        self._lost = task_id.bytes
        self.dead = False
        self.refused = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Yield the address of its near end."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            yield self._url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)

    async def _serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        if self.dead:
            self.refused += 1
            to_near.close()
            return
        far, to_far = await asyncio.open_connection(self._url.host, self._url.port)
        forth = asyncio.create_task(self._pass(near, to_far))
        await self._pass(far, to_near)
        forth.cancel()
        to_near.close()
        to_far.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self._lost in data and not self.refused:
                self.dead = True
                return
            target.write(data)


async def test_a_claim_whose_answer_was_lost_is_found_when_postgres_is_back(
    settings: Settings, db: Database, consumer: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.runtime.consumer._PAUSE_S", 0.02)
    waiting = await queue_video(db)
    line = Line(make_url(settings.database_url.get_secret_value()), waiting.task_id)
    async with line.open() as address:
        away = Database(address, 3)
        consumer._adapters = replace(consumer._adapters, db=away)
        handling = asyncio.create_task(consumer._handle(None))
        await wait_until(lambda: line.refused >= 20 or handling.done())
        line.dead = False
        await handling
        await away.close()
    assert consumer.tasks == [waiting.task_id]
    assert (await task_of(db, waiting.video_id)).attempt == 1


async def test_who_is_told_twice_to_stop_gives_back_all_the_same(
    db: Database, queue: TaskQueue, consumer: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ending, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(_claim: Claim) -> None:
        begun.set()
        try:
            await asyncio.Future()
        finally:
            ending.set()
            await go_on.wait()  # as Postgres is, while the task is given back

    monkeypatch.setattr(consumer, "_work_on", work)
    await queue.send([(await queue_video(db)).task_id])
    running = asyncio.create_task(until_signal(consumer.run()))
    await wait_until(begun.is_set)
    signal.raise_signal(signal.SIGTERM)
    await wait_until(ending.is_set)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait({running}, timeout=1.2)  # it is cancelled again each second
    assert (running.done(), consumer.running) == (False, 1)
    go_on.set()
    await running
    assert not consumer.running
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)


async def test_one_whose_row_cannot_be_written_is_passed_over(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    bad, good = await queue_video(db), await queue_video(db)
    async with poisoned(db, "job_tasks", bad.task_id):
        await works_through(consumer, queue, good.task_id)
    assert consumer.tasks == [good.task_id]
    async with db.autocommit() as connection:
        assert list(await connection.scalars(select(Setback.row_id))) == [bad.task_id]


async def test_one_whose_video_cannot_be_written_is_given_back_and_given_up_in_the_end(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    bad, good = await queue_video(db), await queue_video(db)
    async with poisoned(db, "videos", bad.video_id):
        await works_through(consumer, queue, bad.task_id, good.task_id)
        assert consumer.tasks == [good.task_id]
        waiting = await task_of(db, bad.video_id)
        assert (waiting.state, waiting.charged) == ("queued", 1)
        assert "poisoned" in (await attempt_of(db, bad.task_id)).error
        assert waiting.available_at > waiting.created_at
    for _ in range(2):
        await claim_again(db, bad.task_id)
    _, _, video = await rows(db, bad)
    assert (video.state, video.failure["code"]) == ("failed", "processing_gave_up")


async def test_one_whose_begin_was_not_answered_is_said_to_wait_again(
    db: Database, consumer: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = await queue_video(db)
    begin = consumer._begin

    async def unanswered(claim: Claim) -> Any:
        await begin(claim)
        assert [row.state for row in await rows(db, film)] == ["running", "running", "processing"]
        raise DatabaseAway("the answer was lost")

    monkeypatch.setattr(consumer, "_begin", unanswered)
    await consumer._handle(None)
    assert [row.state for row in await rows(db, film)] == ["queued"] * 3


async def claim_again(db: Database, task_id: uuid.UUID) -> None:
    """Have another worker take it, when its wait is over, and fall silent."""
    async with db.begin() as tx:
        await tx.execute(update(Task).where(Task.id == task_id).values(available_at=func.now()))
    await claim(db, task_id)
    await let_lapse(db, task_id)
    await lapse(db)
