"""Reads the dead-letter queue and has hints sent again for its tasks. No video fails by it.

SQS moves a message there that was received `max_receive_count` times (localstack/resources.json). A
message is only a hint. Its receiver takes the task whose turn it is, so the task in the message may
have nothing to do with the problem. The row of a task counts its attempts, and the sweep fails it
after too many (`tasks/lease`). So a task that is named here and still waits gets a new hint. The
log tells the operator: workers die or stall before they can claim.
"""

from prometheus_client import Gauge
from sqlalchemy import select

from core import log, setbacks
from core.adapters.postgres import Database
from core.adapters.sqs import DeadLetter, TaskQueue
from core.errors import DatabaseAway
from core.model.states import TaskState
from core.model.tables import Task
from core.outbox.write import hint

_log = log.get(__name__)
_DEAD = Gauge("framemill_tasks_dead", "Hints that were received too often. Rises.")
_MOST = 1_000  # messages in a round
_SHOWN = 200  # characters of a message that nobody understands


async def settle(db: Database, queue: TaskQueue) -> int:
    """Have hints sent again for tasks that the queue names, and empty it; return how many messages.

    A task that somebody holds is left to its lease, and one that has ended stays as it is. A
    message that is none of ours is logged. One that cannot be settled stays, and the others go on.

    Raises:
        Unavailable: the queue does not answer.
        DatabaseAway: the database does not.
    """
    count = 0
    while count < _MOST and (letters := await queue.receive_dead()):
        count += len(letters)
        for letter in letters:
            if await _settle(db, letter):
                await queue.delete(letter)
    _DEAD.inc(count)
    return count


async def _settle(db: Database, letter: DeadLetter) -> bool:
    if letter.task_id is None:
        _log.error("dead_letter_not_understood", body=letter.body[:_SHOWN])
        return True
    try:
        async with db.begin() as tx:
            waits = await tx.scalar(
                select(Task.id).where(Task.id == letter.task_id, Task.state == TaskState.QUEUED)
            )
            await hint(tx, [] if waits is None else [waits])
    except DatabaseAway:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
        await setbacks.note(db, setbacks.Kind.DEAD_LETTER, letter.task_id, error)
        return False
    _log.error("dead_letter", task_id=str(letter.task_id), sent_again=waits is not None)
    return True
