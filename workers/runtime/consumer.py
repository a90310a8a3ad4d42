"""Receive, claim, hand to an attempt; and give back what is unfinished at the end."""

import asyncio
import contextlib

import structlog

from core import events, log, setbacks
from core.adapters.sqs import TaskMessage
from core.errors import BadRow, DatabaseAway, LeaseLost, Unavailable
from core.events import VideoEvent
from core.tasks import claims
from core.tasks.claims import Claim, Taken, Unclaimable
from workers.runtime.adapters import Adapters
from workers.runtime.attempt import Attempt
from workers.runtime.capacity import Capacity
from workers.runtime.concurrency import unbroken
from workers.runtime.protection import Protection
from workers.runtime.scratch import Scratch
from workers.transcode import Tools

_log = log.get(__name__)
_PAUSE_S = 2.0  # after a part did not answer
_LOCKED_PAUSES_S = (0.02, 0.05, 0.1, 0.2)  # a row is locked for the time of a short transaction


class Consumer:
    """Works on tasks until told to stop; several at once when set so."""

    def __init__(
        self, parts: Adapters, tools: Tools, scratch: Scratch, name: str, protection: Protection
    ) -> None:
        self._parts = parts
        self._tools = tools
        self._scratch = scratch
        self._name = name
        self._protection = protection
        self._capacity = Capacity(parts.settings)
        self._running: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._database_away = False

    @property
    def running(self) -> int:
        """Tasks that are worked on."""
        return len(self._running)

    @property
    def short_of(self) -> str | None:
        """What there is too little of for one more task, for the operator; None for enough."""
        return self._capacity.short_of

    async def run(self) -> None:
        """Receive and work until cancelled; then give back what is unfinished."""
        try:
            while True:
                free = self._parts.settings.worker_concurrency - len(self._running)
                if free <= 0:
                    self._freed.clear()
                    await self._freed.wait()
                    continue
                room = self._capacity.room(len(self._running), free)
                if not room:
                    await asyncio.sleep(_PAUSE_S)  # others have filled memory or disk
                    continue
                await self._until_database()
                await self._receive(room)
        finally:
            await self._drain()

    async def _until_database(self) -> None:
        """Wait until Postgres answers, if it did not lately.

        Nothing can be claimed without it, and each message that is received in vain comes nearer
        to the dead-letter queue.
        """
        while self._database_away:
            try:
                await self._parts.db.ping()
            except DatabaseAway:
                await asyncio.sleep(_PAUSE_S)
            else:
                self._database_away = False

    async def _receive(self, free: int) -> None:
        try:
            messages = await self._parts.queue.receive(free)
        except Unavailable as error:
            _log.warning("receive_failed", error=error.detail)
            await asyncio.sleep(_PAUSE_S)
            return
        for message in messages:
            task = asyncio.create_task(self._handle(message))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._freed.set()
        if not task.cancelled() and task.exception() is not None:
            _log.error("message_not_settled", exc_info=task.exception())

    async def _drain(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=self._parts.settings.drain_s)

    async def _handle(self, message: TaskMessage) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(named=str(message.task_id))
        claiming = asyncio.ensure_future(self._claim(message))
        try:
            taken = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # We are shutting down; what this claim may still get would be held by nobody.
            with contextlib.suppress(DatabaseAway):
                taken = await claiming
                if isinstance(taken, Taken):
                    await self._give_back(taken, message)
            raise
        except DatabaseAway as error:
            _log.warning("claim_failed", error=repr(error))
            self._database_away = True
            with contextlib.suppress(Unavailable):
                await self._parts.queue.extend(message, _PAUSE_S)
            return
        if taken is Unclaimable.LATER:
            with contextlib.suppress(Unavailable):
                await self._parts.queue.extend(message, 1)
            return
        if isinstance(taken, Unclaimable):
            # Nothing to do. Should whoever holds a task fall silent, the sweep sends a new message.
            _log.info("not_claimed", reason=taken.value)
            await self._parts.queue.drop(message)
            return
        await self._work(taken, message)

    async def _work(self, taken: Taken, message: TaskMessage) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            task_id=str(taken.task_id),
            job_id=str(taken.job_id),
            video_id=str(taken.video_id),
            attempt=taken.attempt,
        )
        with self._protection.holding():
            try:
                held, event = await self._begin(taken)
            except asyncio.CancelledError:
                await unbroken(self._give_back(taken, message))
                raise
            except LeaseLost:
                _log.info("lease_lost")
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
                await self._put_back(taken, error)
                await self._parts.queue.drop(message)
                return
            if held is None:
                _log.warning("nothing_can_come_of_it")
                await events.publish(self._parts.redis, event)
                await self._parts.queue.drop(message)
                return
            _log.info("claimed", operation=held.operation)
            await self._attempt(held, message).work(event)

    async def _claim(self, message: TaskMessage) -> Taken | Unclaimable:
        """Claim the task whose turn it is, asking again while others have rows locked."""
        settings = self._parts.settings
        for pause_s in _LOCKED_PAUSES_S:
            try:
                async with self._parts.db.begin() as tx:
                    taken = await claims.claim_next(
                        tx, message.task_id, self._name, settings.lease_s, settings.max_attempts
                    )
            except BadRow as error:
                # The next one is taken instead; for this one the sweep looks again.
                kind = setbacks.Kind.CLAIM
                await setbacks.note(self._parts.db, kind, error.task_id, error.__cause__ or error)
                continue
            if taken is not Unclaimable.LATER:
                return taken
            await asyncio.sleep(pause_s)
        return Unclaimable.LATER

    async def _begin(self, taken: Taken) -> tuple[Claim | None, VideoEvent | None]:
        """Have a claimed task begin, once more when Postgres was away for a moment."""
        try:
            async with self._parts.db.begin() as tx:
                return await claims.begin(tx, taken)
        except DatabaseAway:
            await asyncio.sleep(_PAUSE_S)
        async with self._parts.db.begin() as tx:
            return await claims.begin(tx, taken)

    async def _put_back(self, taken: Taken, error: Exception) -> None:
        """Let a task wait that could not begin; its attempt counts, unless Postgres was away."""
        away = isinstance(error, DatabaseAway)
        if away:
            _log.warning("claim_failed", error=repr(error))
        else:
            _log.error("not_begun", exc_info=error)
        try:
            async with self._parts.db.begin() as tx:
                await claims.put_back(tx, taken, repr(error), charge=not away)
        except Exception as more:  # noqa: BLE001 - then its lease lapses
            _log.warning("not_put_back", error=repr(more))

    async def _give_back(self, taken: Taken, message: TaskMessage) -> None:
        """Let another worker have what this one has only just claimed: we are shutting down."""
        try:
            async with self._parts.db.begin() as tx:
                held, _ = await claims.begin(tx, taken)
        except (LeaseLost, DatabaseAway) as error:
            _log.warning("not_given_back", error=repr(error))  # the lease lapses by itself
            return
        if held is not None:
            await self._attempt(held, message).give_back()

    def _attempt(self, held: Claim, message: TaskMessage) -> Attempt:
        return Attempt(self._parts, self._tools, self._scratch, held, message)
