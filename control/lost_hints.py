"""Sends hints again that are lost: tasks wait, but the queue is empty."""

import uuid
from datetime import timedelta

from prometheus_client import Gauge
from sqlalchemy import exists, func, or_, select

from control.rounds import handle_due
from core import log
from core.adapters.postgres import Database
from core.adapters.sqs import TaskQueue
from core.model.states import TaskState, Topic
from core.model.tables import Outbox, Task
from core.outbox.write import hint
from core.setbacks import Kind
from core.tasks.fair_order import NOT_SET_BACK

_log = log.get(__name__)
_RESENT = Gauge("framemill_tasks_resent", "Tasks whose hint was lost. Rises.")


async def resend(db: Database, queue: TaskQueue, after_s: float) -> None:
    """Have hints sent again for tasks that wait `after_s` seconds after theirs was sent.

    Raises:
        Unavailable: the queue does not answer.
        DatabaseAway: the database does not.
    """
    long_ago = func.now() - timedelta(seconds=after_s)
    hinted = exists().where(
        Outbox.key == Task.id,
        Outbox.topic == Topic.TASK,
        or_(Outbox.sent_at.is_(None), Outbox.sent_at > long_ago),
    )
    due = (
        select(Task.id)
        .where(
            Task.state == TaskState.QUEUED,
            Task.available_at < long_ago,
            ~hinted,
            NOT_SET_BACK,
        )
        .order_by(Task.available_at)
    )
    async with db.autocommit() as connection:
        any_waiting = await connection.scalar(due.limit(1))
    if any_waiting is None or await queue.backlog() > 0:
        return

    async def one(task_id: uuid.UUID) -> bool:
        # Another control that has it in hand sends it.
        own = due.where(Task.id == task_id).with_for_update(of=Task, skip_locked=True)
        async with db.begin() as tx:
            found = (await tx.scalars(own)).all()
            await hint(tx, found)
        return bool(found)

    if count := await handle_due(db, Kind.RELAY, due, one):
        _RESENT.inc(count)
        _log.warning("hints_lost", count=count)
