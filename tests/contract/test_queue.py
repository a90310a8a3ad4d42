"""The queue: messages are hidden, come again, are waited for, and are set aside in the end."""

import asyncio
import json
import time
import uuid
from typing import Any

import pytest

from core.adapters.sqs import TaskMessage, TaskQueue
from core.errors import Unavailable
from tests.contract.conftest import MakeQueue, OpenQueue
from tests.contract.targets import Promise, relies_on
from tests.support.waiting import wait_until

SOON_S = 20  # a message that is there is given at once; a short poll may overlook it on AWS


async def take(queue: TaskQueue, wait_s: int = SOON_S) -> list[TaskMessage]:
    return await queue.receive(10, wait_s=wait_s)


async def test_what_was_sent_is_received(queue: TaskQueue) -> None:
    task_id = uuid.uuid4()
    assert await queue.send([task_id]) == [task_id]
    [message] = await take(queue)
    assert message.task_id == task_id
    await queue.delete(message)


async def test_what_waits_is_counted(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4()])

    async def is_(count: int) -> bool:
        return await queue.backlog() == count

    await wait_until(lambda: is_(1), seconds=60)  # AWS counts about once a minute
    await take(queue)
    await wait_until(lambda: is_(0), seconds=60)


async def test_more_are_sent_than_one_request_holds(queue: TaskQueue) -> None:
    ids = [uuid.uuid4() for _ in range(25)]
    assert await queue.send(ids) == ids
    found: set[uuid.UUID] = set()

    async def all_came() -> bool:
        found.update(message.task_id for message in await take(queue))
        return found == set(ids)

    await wait_until(all_came, seconds=30)


async def test_no_more_are_taken_than_were_asked_for(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4() for _ in range(3)])
    taken = 0
    while taken < 3:
        found = await queue.receive(1, wait_s=SOON_S)
        assert len(found) == 1
        taken += len(found)
    assert await take(queue, wait_s=0) == []


@relies_on(Promise.LONG_POLL)
async def test_who_waits_gets_it_as_soon_as_it_is_sent(queue: TaskQueue) -> None:
    waiting = asyncio.create_task(take(queue, wait_s=20))
    begun = time.monotonic()
    await queue.ping()
    await queue.send([uuid.uuid4()])
    assert len(await waiting) == 1
    assert time.monotonic() - begun < 20, "only when the wait was over"


@relies_on(Promise.LONG_POLL)
async def test_who_waits_for_nothing_waits_that_long(queue: TaskQueue) -> None:
    begun = time.monotonic()
    assert await take(queue, wait_s=2) == []
    assert time.monotonic() - begun > 1.9


@relies_on(Promise.VISIBILITY)
async def test_a_message_is_hidden_from_others(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    assert await take(queue, wait_s=1) == []
    await queue.delete(message)


@relies_on(Promise.VISIBILITY)
async def test_a_message_given_back_is_shown_at_once(queue: TaskQueue) -> None:
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    await queue.extend(message, 0)
    [again] = await take(queue)
    assert again.task_id == message.task_id
    assert again.receipt != message.receipt


@relies_on(Promise.VISIBILITY)
async def test_a_message_that_is_not_settled_comes_again(
    make_queue: MakeQueue, open_queue: OpenQueue
) -> None:
    queue = open_queue(await make_queue(), visibility_s=1)
    await queue.send([uuid.uuid4()])
    [first] = await take(queue)
    [second] = await take(queue)
    assert second.task_id == first.task_id


@relies_on(Promise.VISIBILITY)
async def test_an_extended_message_stays_hidden(
    make_queue: MakeQueue, open_queue: OpenQueue
) -> None:
    queue = open_queue(await make_queue(), visibility_s=1)
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    await queue.extend(message, 60)
    assert await take(queue, wait_s=2) == []


@relies_on(Promise.VISIBILITY)
async def test_a_settled_message_never_comes_again(
    make_queue: MakeQueue, open_queue: OpenQueue
) -> None:
    queue = open_queue(await make_queue(), visibility_s=1)
    await queue.send([uuid.uuid4()])
    [message] = await take(queue)
    await queue.delete(message)
    assert await take(queue, wait_s=2) == []


async def test_what_is_none_of_ours_is_left_for_the_dead_letter_queue(
    make_queue: MakeQueue, open_queue: OpenQueue, sqs: Any
) -> None:
    queue = open_queue(name := await make_queue())
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for body in ("no json", "[]", '{"v": 2, "task_id": "x"}', '{"v": 1, "task_id": "x"}', "{}"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    await queue.send([task_id := uuid.uuid4()])
    found: list[uuid.UUID] = []

    async def came() -> bool:
        found.extend(message.task_id for message in await take(queue))
        return bool(found)

    await wait_until(came, seconds=30)
    assert found == [task_id]


@relies_on(Promise.DEAD_LETTER)
async def test_a_message_that_is_never_settled_is_set_aside(
    make_queue: MakeQueue, open_queue: OpenQueue, sqs: Any
) -> None:
    dead = await make_queue()
    redrive = {"deadLetterTargetArn": _arn_of(sqs, dead), "maxReceiveCount": 2}
    name = await make_queue({"RedrivePolicy": json.dumps(redrive)})
    queue, aside = open_queue(name), open_queue(dead)
    await queue.send([task_id := uuid.uuid4()])
    for _ in range(2):
        [message] = await take(queue)
        await queue.extend(message, 0)
    assert await take(queue, wait_s=1) == []
    [found] = await take(aside)
    assert found.task_id == task_id


def _arn_of(sqs: Any, name: str) -> str:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


async def test_a_queue_that_is_not_there_is_unavailable(open_queue: OpenQueue) -> None:
    missing = open_queue(f"missing-{uuid.uuid4().hex}")
    with pytest.raises(Unavailable):
        await missing.ping()
    with pytest.raises(Unavailable):
        await missing.receive(1, wait_s=0)
