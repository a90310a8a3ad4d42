"""The dead-letter queue: what a message in it names is failed where its owner sees it.

SQS moves a message there that was received `max_receive_count` times (localstack/resources.json)
and never settled. That is far more often than a task may be attempted, so it is no ordinary
failure: workers die or stall before they can write anything down.
"""

from core import jobs, log
from core.db import Database
from core.events import VideoEvent
from core.queue import DeadLetter, TaskQueue

_log = log.get(__name__)
_SHOWN = 200  # characters of a message that nobody understands


async def settle(db: Database, queue: TaskQueue) -> list[VideoEvent]:
    """Fail the tasks that are named in the queue now, and empty it of those.

    A task that somebody holds is left to its lease, and one that has ended stays as it is. A
    message that is none of ours is logged.

    Raises:
        Unavailable: the queue does not answer.
    """
    events = []
    for letter in await queue.receive_dead():
        event = await _settle(db, letter)
        if event is not None:
            events.append(event)
        await queue.delete(letter)
    return events


async def _settle(db: Database, letter: DeadLetter) -> VideoEvent | None:
    if letter.task_id is None:
        _log.error("dead_letter_not_understood", body=letter.body[:_SHOWN])
        return None
    async with db.begin() as tx:
        event = await jobs.give_up(tx, letter.task_id, "its message was received too often")
    _log.error("dead_letter", task_id=str(letter.task_id), failed=event is not None)
    return event
