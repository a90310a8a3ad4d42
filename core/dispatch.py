"""What keeps the work going whoever dies: sends queued tasks, brings back lost ones, cleans up.

Every API process runs one. Rows are taken one by one, so they share the work, and a row that cannot
be handled holds up no other. A request that queued a task nudges it, so that nobody waits for the
next round.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import redis.asyncio as redis
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update

from core import accounts, dead_letters, events, jobs, log, setbacks, sweep
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.config import Settings
from core.errors import DatabaseAway, Unavailable
from core.model.states import WorkState
from core.model.tables import Task
from core.rows import Round
from core.setbacks import Kind

_log = log.get(__name__)
_BATCH = 100
_SLOWER = 6
_SENDING_S = 10  # a sender that has not answered by then is taken for dead; twice does no harm

Mark = tuple[uuid.UUID, datetime]


class Dispatcher:
    """The background work of an API process; `run` it as a task, `nudge` it after a commit."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        queue: TaskQueue,
        dead: TaskQueue,
        storage: Storage,
        redis_client: redis.Redis,
    ) -> None:
        self._settings = settings
        self._db = db
        self._queue = queue
        self._dead = dead
        self._storage = storage
        self._redis = redis_client
        self._sweeper = sweep.Sweeper(settings, db, storage)
        self._wake = asyncio.Event()
        self._away = False
        self._lapse_from = 0.0
        # What happened since the start of the process, for its figures.
        self.counts = Counter(sent=0, lapsed=0, resent=0, dead=0)

    def nudge(self) -> None:
        """Say that there may be a task to send."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A part that is away is logged and tried again."""
        # Each on its own: a store that hangs must not keep lost work from coming back.
        rounds: dict[str, Callable[[], Awaitable[object]]] = {
            "lapse": self.lapse,
            "resend_lost": self.resend_lost,
            "dead_letters": self.settle_dead,
            "uploads": self.check_uploads,
            "purge": self._sweeper.purge,
        }
        # Nobody waits for these.
        slow: dict[str, Callable[[], Awaitable[object]]] = {
            "forget": self._sweeper.forget,
            "accounts": self.sweep_accounts,
            "setbacks": self._tidy,
        }
        every_s = self._settings.sweep_s
        await asyncio.gather(
            self._relay_loop(),
            *(self._loop(name, work, every_s) for name, work in rounds.items()),
            *(self._loop(name, work, _SLOWER * every_s) for name, work in slow.items()),
        )

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
            self.counts["sent"] += len(sent)
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

    async def lapse(self) -> None:
        """Bring back the tasks of workers that fell silent.

        Not at once after Postgres was away: their workers could not say that they live, and do so
        within a beat.
        """
        if not await self._database_stayed():
            return
        attempts, job_s = self._settings.max_attempts, self._settings.max_job_s

        async def one(task_id: uuid.UUID) -> events.VideoEvent | None:
            async with self._db.begin() as tx:
                return await jobs.lapse(tx, task_id, attempts, job_s)

        changed = await Round(self._db, Kind.LAPSE).run(jobs.lapsed(attempts), one)
        if changed:
            self.counts["lapsed"] += len(changed)
            _log.warning("leases_lapsed", count=len(changed))
            await events.publish(self._redis, *changed)
            self.nudge()

    async def _database_stayed(self) -> bool:
        """Tell whether Postgres has answered for as long as a worker takes to say that it lives."""
        clock, beat_s = asyncio.get_running_loop().time, self._settings.heartbeat_s
        asked = clock()
        try:
            async with self._db.read() as connection:
                await connection.execute(select(1))
        except DatabaseAway:
            self._away = True
            raise
        if clock() - asked > beat_s / 2 or self._away:
            self._lapse_from = clock() + beat_s
        self._away = False
        return clock() >= self._lapse_from

    async def check_uploads(self) -> None:
        """Settle uploads that are due."""
        changed = await self._sweeper.check_uploads()
        if changed:
            await events.publish(self._redis, *changed)
            self.nudge()

    async def sweep_accounts(self) -> None:
        """Remove what closed accounts have left."""
        await events.publish(self._redis, *await accounts.sweep(self._db))

    async def settle_dead(self) -> None:
        """Have what the dead-letter queue names sent anew."""
        found = await dead_letters.settle(self._db, self._dead)
        if found:
            self.counts["dead"] += found
            self.nudge()

    async def resend_lost(self) -> None:
        """Send tasks again whose messages are gone: they wait, and the queue says it is empty."""
        waiting = and_(
            Task.state == WorkState.QUEUED,
            Task.dispatched_at < func.now() - timedelta(seconds=self._settings.redispatch_s),
            setbacks.clear_of(Kind.CLAIM, Task.id),
            setbacks.clear_of(Kind.LAPSE, Task.id),
        )
        due = select(Task.id).where(waiting).order_by(Task.dispatched_at)
        async with self._db.read() as connection:
            any_waiting = await connection.scalar(due.limit(1))
        if any_waiting is None or await self._queue.backlog() > 0:
            return

        async def one(task_id: uuid.UUID) -> bool:
            async with self._db.begin() as tx:
                result = await tx.execute(
                    update(Task).where(Task.id == task_id, waiting).values(dispatched_at=None)
                )
                return bool(result.rowcount)

        count = sum(await Round(self._db, Kind.RELAY).run(due, one))
        self.counts["resent"] += count
        _log.warning("messages_lost", count=count)
        self.nudge()

    async def _tidy(self) -> None:
        await setbacks.tidy(self._db)

    async def _relay_loop(self) -> None:
        while True:
            self._wake.clear()
            await self._attempt("relay", self.relay)
            try:
                async with asyncio.timeout(self._settings.sweep_s):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the round that finds what was missed

    async def _loop(self, name: str, work: Callable[[], Awaitable[object]], every_s: float) -> None:
        while True:
            await self._attempt(name, work)
            await asyncio.sleep(every_s)

    async def _attempt(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is logged
            # One bad round must not end the rounds after it.
            if isinstance(error, (Unavailable, DatabaseAway)):
                _log.warning("dispatch_delayed", work=name, error=str(error))
            else:
                _log.exception("dispatch_failed", work=name)
