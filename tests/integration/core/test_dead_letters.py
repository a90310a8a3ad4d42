"""What ends in the dead-letter queue is failed where its owner sees it."""

import uuid
from typing import Any

from core import dead_letters
from core.config import Settings
from core.db import Database
from core.queue import TaskQueue, encode
from core.states import VideoState, WorkState
from tests.support.work import claim, queue_video, rows


async def test_a_named_task_fails_and_says_what_to_do(db: Database, dead: TaskQueue) -> None:
    queued = await queue_video(db)
    await dead.send([queued.task_id])
    [event] = await dead_letters.settle(db, dead)
    assert event.video_id == queued.video_id
    task, job, video = await rows(db, queued)
    assert (task.state, job.state, video.state) == (
        WorkState.FAILED,
        WorkState.FAILED,
        VideoState.FAILED,
    )
    assert video.failure["code"] == "processing_gave_up"
    assert video.failure["retryable"] is True
    assert "Try again" in video.failure["message"]
    assert await dead.backlog() == 0


async def test_what_somebody_holds_is_left_to_its_lease(db: Database, dead: TaskQueue) -> None:
    queued = await queue_video(db)
    await claim(db, queued.task_id)
    await dead.send([queued.task_id])
    assert await dead_letters.settle(db, dead) == []
    assert (await rows(db, queued))[0].state == WorkState.RUNNING
    assert await dead.backlog() == 0


async def test_foreign_messages_do_not_stay_in_the_way(
    db: Database, dead: TaskQueue, settings: Settings, sqs: Any
) -> None:
    url = (await sqs.get_queue_url(QueueName=settings.sqs_dead_letter_queue))["QueueUrl"]
    for body in ("no JSON", encode(uuid.uuid4())):
        await sqs.send_message(QueueUrl=url, MessageBody=body)
    assert await dead_letters.settle(db, dead) == []
    assert await dead.backlog() == 0
