"""The task queue (SQS). A message is a hint that there is work; Postgres is the truth.

IAM: sqs:SendMessage, sqs:ReceiveMessage, sqs:ChangeMessageVisibility, sqs:DeleteMessage,
sqs:GetQueueUrl and sqs:GetQueueAttributes on the queue.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import log
from core.adapters.aws_errors import translated
from core.errors import Unavailable

_log = log.get(__name__)
_DEPENDENCY = "The queue"
_VERSION = 1
LONG_POLL_S = 20  # the longest that SQS knows
_DROP_S = 10.0
_BATCH = 10  # SQS: entries in one request


@dataclass(frozen=True)
class TaskMessage:
    """A message that was received; `receipt` is needed to delete it."""

    task_id: uuid.UUID
    receipt: str


@dataclass(frozen=True)
class DeadLetter:
    """A message that was received too often; `task_id` is None when it is none of ours."""

    task_id: uuid.UUID | None
    body: str
    receipt: str


def encode(task_id: uuid.UUID) -> str:
    """Return a message body."""
    return json.dumps({"v": _VERSION, "task_id": str(task_id)})


def decode(body: str) -> uuid.UUID:
    """Return the task id of a message body.

    Raises:
        ValueError: it is none of ours.
    """
    try:
        message = json.loads(body)
        if message["v"] != _VERSION:
            raise ValueError(f"message version {message['v']!r} is not known")
        return uuid.UUID(message["task_id"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a task message") from error


class TaskQueue:
    """One SQS queue, found by name at first use.

    Every method raises `Unavailable` when the queue does not answer.
    """

    def __init__(self, client: Any, name: str, visibility_s: int) -> None:
        self._sqs = client
        self._name = name
        self._visibility_s = visibility_s
        self._url: str | None = None

    async def ping(self) -> None:
        """Ask for an answer about the queue."""
        self._url = None  # it may have been created again
        await self.backlog()

    async def send(self, task_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Send a message for each task; return those that the queue has taken."""
        sent: list[uuid.UUID] = []
        with translated(_DEPENDENCY):
            for start in range(0, len(task_ids), _BATCH):
                batch = task_ids[start : start + _BATCH]
                answer = await self._sqs.send_message_batch(
                    QueueUrl=await self._find(),
                    Entries=[
                        {"Id": str(number), "MessageBody": encode(task_id)}
                        for number, task_id in enumerate(batch)
                    ],
                )
                sent += [batch[int(item["Id"])] for item in answer.get("Successful", ())]
        return sent

    async def receive(self, most: int, wait_s: int = LONG_POLL_S) -> list[TaskMessage]:
        """Wait for messages; a body that is none of ours is left for the dead-letter queue."""
        messages = []
        for item in await self._receive(most, wait_s):
            try:
                messages.append(TaskMessage(decode(item["Body"]), item["ReceiptHandle"]))
            except ValueError as error:
                _log.warning("message_not_understood", error=str(error))
        return messages

    async def receive_dead(self, most: int = _BATCH) -> list[DeadLetter]:
        """Return what this queue holds at the moment, of a dead-letter queue."""
        letters = []
        for item in await self._receive(most, wait_s=0):
            try:
                task_id = decode(item["Body"])
            except ValueError:
                task_id = None
            letters.append(DeadLetter(task_id, item["Body"], item["ReceiptHandle"]))
        return letters

    async def _receive(self, most: int, wait_s: int) -> list[dict[str, str]]:
        with translated(_DEPENDENCY):
            answer = await self._sqs.receive_message(
                QueueUrl=await self._find(),
                MaxNumberOfMessages=min(most, _BATCH),
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=self._visibility_s,
            )
        return list(answer.get("Messages", ()))

    async def extend(self, message: TaskMessage, seconds: float) -> None:
        """Hide a message for that long from now on; 0 shows it to others at once."""
        with translated(_DEPENDENCY):
            await self._sqs.change_message_visibility(
                QueueUrl=await self._find(),
                ReceiptHandle=message.receipt,
                VisibilityTimeout=min(43_200, max(0, round(seconds))),  # SQS: at most 12 h
            )

    async def delete(self, message: TaskMessage | DeadLetter) -> None:
        """Settle a message."""
        with translated(_DEPENDENCY):
            await self._sqs.delete_message(
                QueueUrl=await self._find(), ReceiptHandle=message.receipt
            )

    async def drop(self, message: TaskMessage) -> None:
        """Settle a message, if the queue answers soon.

        Left behind it comes again and finds its task ended; a silent queue holds up no work.
        """
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_DROP_S):
                await self.delete(message)

    async def backlog(self) -> int:
        """Return about how many messages wait to be received."""
        with translated(_DEPENDENCY):
            answer = await self._sqs.get_queue_attributes(
                QueueUrl=await self._find(), AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    async def _find(self) -> str:
        if self._url is None:
            answer = await self._sqs.get_queue_url(QueueName=self._name)
            self._url = str(answer["QueueUrl"])
        return self._url
