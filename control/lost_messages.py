"""Messages that are gone: their tasks wait, and the queue says that it is empty."""

import uuid
from datetime import timedelta

from sqlalchemy import and_, func, select, update

from control.rounds import Round
from core import setbacks
from core.adapters.postgres import Database
from core.adapters.sqs import TaskQueue
from core.model.states import WorkState
from core.model.tables import Task
from core.setbacks import Kind


async def resend(db: Database, queue: TaskQueue, after_s: float) -> int:
    """Have tasks sent again whose messages are gone; return how many there are.

    Args:
        db: the database.
        queue: where the messages were.
        after_s: seconds since a task was sent, after which its message is missed.

    Raises:
        Unavailable: the queue does not answer.
        DatabaseAway: the database does not.
    """
    waiting = and_(
        Task.state == WorkState.QUEUED,
        Task.dispatched_at < func.now() - timedelta(seconds=after_s),
        setbacks.clear_of(Kind.CLAIM, Task.id),
        setbacks.clear_of(Kind.LAPSE, Task.id),
    )
    due = select(Task.id).where(waiting).order_by(Task.dispatched_at)
    async with db.read() as connection:
        any_waiting = await connection.scalar(due.limit(1))
    if any_waiting is None or await queue.backlog() > 0:
        return 0

    async def one(task_id: uuid.UUID) -> bool:
        async with db.begin() as tx:
            result = await tx.execute(
                update(Task).where(Task.id == task_id, waiting).values(dispatched_at=None)
            )
            return bool(result.rowcount)

    return sum(await Round(db, Kind.RELAY).run(due, one))
