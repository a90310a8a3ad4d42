"""What we rely on of a queue, whichever it is."""

import asyncio
import json
import time
import uuid
from typing import Any

import pytest

from core.config import Settings
from core.errors import Unavailable
from core.queue import TaskMessage, TaskQueue
from tests.support.waiting import wait_until


async def take(queue: TaskQueue, wait_s: int = 0) -> list[TaskMessage]:
    return await queue.receive(10, wait_s=wait_s)


async def test_what_was_sent_is_received_and_hidden_from_others(queue: TaskQueue) -> None:
    task_id = uuid.uuid4()
    assert await queue.send([task_id]) == [task_id]
    assert await queue.backlog() == 1
    [message] = await take(queue)
    assert message.task_id == task_id
    assert await take(queue) == []
    assert await queue.backlog() == 0
    await queue.delete(message)


async def test_more_are_sent_than_one_request_holds(queue: TaskQueue) -> None:
    ids = [uuid.uuid4() for _ in range(25)]
    assert await queue.send(ids) == ids
    found: set[uuid.UUID] = set()

    async def all_came() -> bool:
        found.update(message.task_id for message in await take(queue))
        return found == set(ids)

    await wait_until(all_came)


async def test_at_most_as_many_are_taken_as_were_asked_for(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4() for _ in range(3)])
    assert len(await queue.receive(1, wait_s=0)) == 1
    assert len(await queue.receive(10, wait_s=0)) == 2


async def test_who_waits_gets_it_as_soon_as_it_is_sent(queue: TaskQueue) -> None:
    waiting = asyncio.create_task(take(queue, wait_s=10))
    begun = time.monotonic()
    await queue.ping()
    await queue.send([uuid.uuid4()])
    assert len(await waiting) == 1
    assert time.monotonic() - begun < 5


async def test_a_message_given_back_is_shown_at_once(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    await queue.extend(message, 0)
    [again] = await take(queue, wait_s=2)
    assert again.task_id == message.task_id
    assert again.receipt != message.receipt


async def test_a_message_that_is_not_settled_comes_again(settings: Settings, sqs: Any) -> None:
    queue = TaskQueue(sqs, settings.sqs_queue, 1)
    await queue.send([uuid.uuid4()])
    [first] = await take(queue)
    [second] = await take(queue, wait_s=5)
    assert second.task_id == first.task_id


async def test_an_extended_message_stays_hidden(settings: Settings, sqs: Any) -> None:
    queue = TaskQueue(sqs, settings.sqs_queue, 1)
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    await queue.extend(message, 60)
    assert await take(queue, wait_s=2) == []


async def test_what_is_none_of_ours_is_left_for_the_dead_letter_queue(
    queue: TaskQueue, sqs: Any
) -> None:
    url = await queue._find()
    for body in ("no json", "[]", '{"v": 2, "task_id": "x"}', '{"v": 1, "task_id": "x"}', "{}"):
        await sqs.send_message(QueueUrl=url, MessageBody=body)
    await queue.send([task_id := uuid.uuid4()])
    found: list[uuid.UUID] = []

    async def came() -> bool:
        found.extend(message.task_id for message in await take(queue))
        return bool(found)

    await wait_until(came)
    assert found == [task_id]


async def test_a_message_that_is_never_settled_is_set_aside(sqs: Any) -> None:
    name = f"poison-{uuid.uuid4().hex}"
    dead = (await sqs.create_queue(QueueName=f"{name}-dead"))["QueueUrl"]
    attributes = await sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": attributes["Attributes"]["QueueArn"], "maxReceiveCount": 2}
    await sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})
    queue, aside = TaskQueue(sqs, name, 60), TaskQueue(sqs, f"{name}-dead", 60)
    await queue.send([task_id := uuid.uuid4()])
    for _ in range(2):
        [message] = await take(queue, wait_s=2)
        await queue.extend(message, 0)
    assert await take(queue) == []
    [found] = await take(aside, wait_s=2)
    assert found.task_id == task_id


async def test_a_queue_that_is_not_there_is_unavailable(sqs: Any) -> None:
    missing = TaskQueue(sqs, f"missing-{uuid.uuid4().hex}", 60)
    with pytest.raises(Unavailable):
        await missing.ping()
    with pytest.raises(Unavailable):
        await missing.receive(1, wait_s=0)
