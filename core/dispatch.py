"""What keeps the work going whoever dies: sends queued tasks, brings back lost ones, cleans up.

Every API process runs one; rows are taken with SKIP LOCKED, so they share the work. A request
that queued a task nudges it, so that nobody waits for the next round.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import redis.asyncio as redis
from sqlalchemy import and_, func, or_, select, update

from core import dead_letters, events, jobs, log, sweep
from core.config import Settings
from core.db import Database
from core.errors import Unavailable
from core.models import Task
from core.queue import TaskQueue
from core.states import WorkState
from core.storage import Storage

_log = log.get(__name__)
_BATCH = 100
_SENDING_S = 10  # a sender that has not answered by then is taken for dead; twice does no harm


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
        self._wake = asyncio.Event()
        # What happened since the start of the process, for its figures.
        self.counts = Counter(sent=0, lapsed=0, resent=0, dead=0)

    def nudge(self) -> None:
        """Say that there may be a task to send."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A part that is away is logged and tried again."""
        await asyncio.gather(self._relay_loop(), self._sweep_loop())

    async def relay(self) -> int:
        """Send every task that nobody has sent; return how many were.

        A row is marked before its message is sent and stamped after; whoever dies in between
        leaves a mark that lapses. A message sent twice does no harm: only one claim succeeds.
        """
        count = 0
        while True:
            due = and_(
                Task.state == WorkState.QUEUED,
                Task.dispatched_at.is_(None),
                Task.available_at <= func.now(),
                or_(Task.dispatching_until.is_(None), Task.dispatching_until < func.now()),
            )
            async with self._db.begin() as tx:
                chosen = (
                    select(Task.id)
                    .where(due)
                    .order_by(Task.available_at)
                    .limit(_BATCH)
                    .with_for_update(skip_locked=True)
                )
                marked = await tx.execute(
                    update(Task)
                    .where(Task.id.in_(chosen))
                    .values(dispatching_until=func.now() + timedelta(seconds=_SENDING_S))
                    .returning(Task.id)
                )
                ids = list(marked.scalars().all())
            if not ids:
                return count
            sent = await self._queue.send(ids)
            async with self._db.begin() as tx:
                await tx.execute(
                    update(Task)
                    .where(Task.id.in_(sent))
                    .values(dispatched_at=func.now(), dispatching_until=None)
                )
            count += len(sent)
            self.counts["sent"] += len(sent)

    async def lapse(self) -> None:
        """Bring back the tasks of workers that fell silent."""
        async with self._db.begin() as tx:
            changed = await jobs.lapse(tx, self._settings.max_attempts, self._settings.max_job_s)
        if changed:
            self.counts["lapsed"] += len(changed)
            _log.warning("leases_lapsed", count=len(changed))
            await events.publish(self._redis, *changed)
            self.nudge()

    async def settle_dead(self) -> None:
        """Fail what the dead-letter queue names."""
        failed = await dead_letters.settle(self._db, self._dead)
        self.counts["dead"] += len(failed)
        await events.publish(self._redis, *failed)

    async def resend_lost(self) -> None:
        """Send tasks again whose messages are gone: they wait, and the queue says it is empty."""
        waiting = and_(
            Task.state == WorkState.QUEUED,
            Task.dispatched_at < func.now() - timedelta(seconds=self._settings.redispatch_s),
        )
        async with self._db.read() as connection:
            any_waiting = await connection.scalar(select(Task.id).where(waiting).limit(1))
        if any_waiting is None or await self._queue.backlog() > 0:
            return
        async with self._db.begin() as tx:
            result = await tx.execute(update(Task).where(waiting).values(dispatched_at=None))
        self.counts["resent"] += result.rowcount
        _log.warning("messages_lost", count=result.rowcount)
        self.nudge()

    async def _relay_loop(self) -> None:
        while True:
            self._wake.clear()
            await self._attempt("relay", self.relay)
            try:
                async with asyncio.timeout(self._settings.sweep_s):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the round that finds what was missed

    async def _sweep_loop(self) -> None:
        sweeper = sweep.Sweeper(self._settings, self._db, self._storage)
        while True:
            await self._attempt("lapse", self.lapse)
            await self._attempt("resend_lost", self.resend_lost)
            await self._attempt("dead_letters", self.settle_dead)
            await self._attempt("uploads", self._sweep_uploads(sweeper))
            await self._attempt("purge", sweeper.purge)
            await asyncio.sleep(self._settings.sweep_s)

    def _sweep_uploads(self, sweeper: "sweep.Sweeper") -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            changed = await sweeper.check_uploads()
            if changed:
                await events.publish(self._redis, *changed)
                self.nudge()

        return run

    async def _attempt(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is logged
            # One bad round must not end the rounds after it.
            if isinstance(error, Unavailable):
                _log.warning("dispatch_delayed", work=name, error=str(error))
            else:
                _log.exception("dispatch_failed", work=name)
