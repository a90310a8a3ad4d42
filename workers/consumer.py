"""Receive, claim, hand to an attempt; and give back what is unfinished at the end."""

import asyncio
import contextlib

import structlog

from core import claims, log
from core.claims import Claim, Unclaimable
from core.errors import DatabaseAway, Unavailable
from core.events import VideoEvent
from core.queue import TaskMessage
from workers.adapters import Adapters
from workers.attempt import Attempt
from workers.capacity import Capacity
from workers.protection import Protection
from workers.transcode import Tools
from workers.workspace import Scratch

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
            claimed = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # We are shutting down; what this claim may still get would be held by nobody.
            with contextlib.suppress(DatabaseAway):
                claimed = await claiming
                if not isinstance(claimed, Unclaimable):
                    await self._attempt(claimed[0], message).give_back()
            raise
        except DatabaseAway as error:
            _log.warning("claim_failed", error=repr(error))
            self._database_away = True
            with contextlib.suppress(Unavailable):
                await self._parts.queue.extend(message, _PAUSE_S)
            return
        if claimed is Unclaimable.LATER:
            with contextlib.suppress(Unavailable):
                await self._parts.queue.extend(message, 1)
            return
        if isinstance(claimed, Unclaimable):
            # Nothing to do. Should whoever holds a task fall silent, the sweep sends a new message.
            _log.info("not_claimed", reason=claimed.value)
            await self._parts.queue.drop(message)
            return
        held, event = claimed
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            task_id=str(held.task_id),
            job_id=str(held.job_id),
            video_id=str(held.video_id),
            attempt=held.attempt,
        )
        _log.info("claimed", operation=held.operation)
        with self._protection.holding():
            await self._attempt(held, message).work(event)

    async def _claim(self, message: TaskMessage) -> tuple[Claim, VideoEvent] | Unclaimable:
        """Claim the task whose turn it is, asking again while others have rows locked."""
        for pause_s in _LOCKED_PAUSES_S:
            async with self._parts.db.begin() as tx:
                claimed = await claims.claim_next(
                    tx,
                    message.task_id,
                    self._name,
                    self._parts.settings.lease_s,
                    self._parts.settings.max_attempts,
                )
            if claimed is not Unclaimable.LATER:
                return claimed
            await asyncio.sleep(pause_s)
        return Unclaimable.LATER

    def _attempt(self, held: Claim, message: TaskMessage) -> Attempt:
        return Attempt(self._parts, self._tools, self._scratch, held, message)
