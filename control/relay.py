"""The relay: takes queued tasks from the outbox, which is a column of theirs, to the queue."""

import asyncio
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update

from control.repeating import once
from control.rounds import Round
from core import log, setbacks
from core.adapters.postgres import Database
from core.adapters.sqs import TaskQueue
from core.errors import DatabaseAway
from core.model.states import WorkState
from core.model.tables import Task
from core.setbacks import Kind

_log = log.get(__name__)
_BATCH = 100
_SENDING_S = 10  # a sender that has not answered by then is taken for dead; twice does no harm

Mark = tuple[uuid.UUID, datetime]


class Relay:
    """Sends what waits whenever it is told that something may, and every few seconds.

    Any number of them share the work: each takes rows that no other has.

    Args:
        db: the database.
        queue: where messages go.
        every_s: seconds between two rounds that nobody asked for.
    """

    def __init__(self, db: Database, queue: TaskQueue, every_s: float) -> None:
        self._db = db
        self._queue = queue
        self._every_s = every_s
        self._wake = asyncio.Event()
        self.sent = 0

    def nudge(self) -> None:
        """Say that there may be a task to send."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A part that is away is logged and tried again."""
        while True:
            self._wake.clear()
            await once("relay", self.relay)
            try:
                async with asyncio.timeout(self._every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the round that finds what was missed

    async def relay(self) -> int:
        """Send every task that nobody has sent; return how many were.

        A row is marked before its message is sent and stamped after; whoever dies in between
        leaves a mark that lapses. A message sent twice does no harm: only one claim succeeds.
        """
        count = 0
        while marks := await self._mark():
            ids = [task_id for task_id, _ in marks]
            sent = set(await self._queue.send(ids))
            await self._stamp(mark for mark in marks if mark[0] in sent)
            count += len(sent)
            self.sent += len(sent)
        return count

    async def _mark(self) -> list[Mark]:
        """Choose tasks to send, and note that we are at it; together, or one by one if need be."""
        due = and_(
            Task.state == WorkState.QUEUED,
            Task.dispatched_at.is_(None),
            Task.available_at <= func.now(),
            or_(Task.dispatching_until.is_(None), Task.dispatching_until < func.now()),
            setbacks.clear_of(Kind.RELAY, Task.id),
        )
        try:
            return await self._mark_where(due, _BATCH)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - one of them: found out by asking for each
            _log.warning("marked_one_by_one", error=repr(error))

        async def one(task_id: uuid.UUID) -> Mark | None:
            marks = await self._mark_where(and_(due, Task.id == task_id), 1)
            return marks[0] if marks else None

        statement = select(Task.id).where(due).order_by(Task.available_at)
        return await Round(self._db, Kind.RELAY).run(statement, one)

    async def _mark_where(self, due: ColumnElement[bool], most: int) -> list[Mark]:
        chosen = (
            select(Task.id)
            .where(due)
            .order_by(Task.available_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        async with self._db.begin() as tx:
            marked = await tx.execute(
                update(Task)
                .where(Task.id.in_(chosen))
                .values(dispatching_until=func.now() + timedelta(seconds=_SENDING_S))
                .returning(Task.id, Task.dispatching_until)
            )
            return [(row.id, row.dispatching_until) for row in marked.all()]

    async def _stamp(self, marks: Iterable[Mark]) -> None:
        """Note that tasks were sent, but for those that have been claimed since our mark.

        One of those may have been given back already: then it wants a new message, and a stamp for
        the old one would deny it that.
        """
        ours = tuple_(Task.id, Task.dispatching_until).in_(list(marks))
        # One that is locked is being claimed, which stamps it, or ended; else its mark lapses.
        locked = select(Task.id).where(ours).with_for_update(skip_locked=True)
        async with self._db.begin() as tx:
            await tx.execute(
                update(Task)
                .where(Task.id.in_(locked))
                .values(dispatched_at=func.now(), dispatching_until=None)
            )
