"""A task that cannot be claimed, or cannot begin, keeps a worker from no other."""

import uuid
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio as redis
from core.tasks.claims import Claim
from sqlalchemy import func, select, update

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.config import Settings
from core.model.tables import Setback, Task
from tests.support.poison import poisoned
from tests.support.waiting import wait_until
from tests.support.work import claim, lapse, let_lapse, queue_video, rows, task_of
from workers.runtime.adapters import Adapters
from workers.runtime.consumer import Consumer
from workers.runtime.protection import Protection


class Begun(Consumer):
    """Notes which tasks would be worked on."""

    def __init__(self, parts: Adapters) -> None:
        super().__init__(parts, cast(Any, None), cast(Any, None), "worker", Protection())
        self.tasks: list[uuid.UUID] = []

    def _attempt(self, held: Claim, message: Any) -> Any:
        self.tasks.append(held.task_id)

        class _Attempt:
            async def work(self, _event: Any) -> None:
                """Take no time."""

        return _Attempt()


@pytest.fixture
def consumer(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    storage: Storage,
    redis_client: redis.Redis,
    clean: None,
    tmp_path: Path,
) -> Begun:
    chosen = settings.model_copy(update={"scratch_dir": tmp_path, "min_free_disk_bytes": 0})
    return Begun(Adapters(chosen, db, queue, storage, redis_client))


async def works_through(consumer: Begun, queue: TaskQueue, *tasks: uuid.UUID) -> None:
    """Have it receive a message for each task."""
    await queue.send(list(tasks))

    async def empty() -> bool:
        await consumer._receive(10)
        await wait_until(lambda: not consumer.running)
        return not await queue.backlog()

    await wait_until(empty)


async def test_one_whose_row_cannot_be_written_is_passed_over(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    bad, good = await queue_video(db), await queue_video(db)
    async with poisoned(db, "tasks", bad.task_id):
        await works_through(consumer, queue, good.task_id)
    assert consumer.tasks == [good.task_id]
    async with db.read() as connection:
        assert list(await connection.scalars(select(Setback.row_id))) == [bad.task_id]


async def test_one_whose_video_cannot_be_written_is_put_back_and_given_up_in_the_end(
    db: Database, queue: TaskQueue, consumer: Begun
) -> None:
    bad, good = await queue_video(db), await queue_video(db)
    async with poisoned(db, "videos", bad.video_id):
        await works_through(consumer, queue, bad.task_id, good.task_id)
        assert consumer.tasks == [good.task_id]
        waiting = await task_of(db, bad.video_id)
        assert (waiting.state, waiting.charged) == ("queued", 1)
        assert "poisoned" in waiting.last_error
        assert waiting.available_at > waiting.created_at
    for _ in range(2):
        await claim_again(db, bad.task_id)
    _, _, video = await rows(db, bad)
    assert (video.state, video.failure["code"]) == ("failed", "processing_gave_up")


async def claim_again(db: Database, task_id: uuid.UUID) -> None:
    """Have another worker take it, when its wait is over, and fall silent."""
    async with db.begin() as tx:
        await tx.execute(update(Task).where(Task.id == task_id).values(available_at=func.now()))
    await claim(db, task_id)
    await let_lapse(db, task_id)
    await lapse(db)
