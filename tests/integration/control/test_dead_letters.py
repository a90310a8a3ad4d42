"""A message that was received too often says nothing of the task that it names."""

import uuid
from typing import Any

from control import dead_letters
from core.adapters.postgres import Database
from core.adapters.sqs import TaskQueue, encode
from core.model.states import JobState, TaskState, Topic, VideoState
from tests.support.poison import untold
from tests.support.settings import Settings
from tests.support.tables import unsent
from tests.support.work import claim, queue_video, rows


async def test_a_task_that_is_named_is_sent_anew_and_blamed_for_nothing(
    db: Database, dead: TaskQueue
) -> None:
    queued = await queue_video(db)
    await dead.send([queued.task_id])
    assert await dead_letters.settle(db, dead) == 1
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == (
        TaskState.QUEUED,
        JobState.QUEUED,
        VideoState.QUEUED,
    )
    assert (task.charged, video.failure) == (0, None)
    assert await unsent(db, Topic.TASK) == [queued.task_id] * 2  # as it came, and anew
    assert await dead.backlog() == 0


async def test_what_somebody_holds_is_left_to_its_lease(db: Database, dead: TaskQueue) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id)
    before = (await rows(db, queued))[0]
    told = await unsent(db, Topic.TASK)
    await dead.send([queued.task_id])
    assert await dead_letters.settle(db, dead) == 1
    assert (await rows(db, queued))[0] == before
    assert await unsent(db, Topic.TASK) == told
    assert await dead.backlog() == 0


async def test_foreign_messages_do_not_stay_in_the_way(
    db: Database, dead: TaskQueue, settings: Settings, sqs: Any
) -> None:
    url = (await sqs.get_queue_url(QueueName=settings.sqs_dead_letter_queue))["QueueUrl"]
    for body in ("no JSON", encode(uuid.uuid4())):
        await sqs.send_message(QueueUrl=url, MessageBody=body)
    assert await dead_letters.settle(db, dead) == 2
    assert await dead.backlog() == 0


async def test_one_that_cannot_be_settled_keeps_no_other_from_it(
    db: Database, dead: TaskQueue
) -> None:
    bad, *good = [await queue_video(db) for _ in range(25)]
    await dead.send([each.task_id for each in (bad, *good)])
    async with untold(db, bad.task_id):
        assert await dead_letters.settle(db, dead) == 25
    assert await dead.backlog() == 0  # the bad one is hidden for a while, and comes again
