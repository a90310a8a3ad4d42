"""Receive, claim, work with a heartbeat, settle."""

import asyncio
import contextlib
import errno
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import redis.asyncio as redis
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from core import claims, events, keys, log
from core.claims import Claim, Outputs, Unclaimable
from core.config import Settings
from core.db import AWAY, Database
from core.errors import Failure, LeaseLost, PermanentError, TransientError, Unavailable
from core.events import VideoEvent
from core.queue import TaskMessage, TaskQueue
from core.storage import Storage
from workers.capacity import Capacity
from workers.heartbeat import Heartbeat
from workers.joblog import JobLog
from workers.meter import Meter
from workers.retry import GiveUp, RetryPolicy, decide
from workers.together import end
from workers.transcode import Tools, transcode
from workers.workspace import FULL, Scratch

_log = log.get(__name__)
_PAUSE_S = 2.0  # after a part did not answer
_LOCKED_PAUSES_S = (0.02, 0.05, 0.1, 0.2)  # a row is locked for the time of a short transaction
_DROP_S = 10.0
_SETTLE_S = 30.0  # how long a result that is there is offered to a database that is away

_TOO_LONG = Failure(
    "processing_timeout",
    "Processing took too long and was given up. Upload a shorter or smaller film.",
    retryable=True,
)

Write = Callable[[AsyncConnection], Awaitable[VideoEvent | None]]


class Consumer:
    """Works on tasks until told to stop; several at once when set so."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        queue: TaskQueue,
        storage: Storage,
        redis_client: redis.Redis,
        tools: Tools,
        scratch: Scratch,
        name: str,
    ) -> None:
        self._settings = settings
        self._db = db
        self._queue = queue
        self._storage = storage
        self._redis = redis_client
        self._tools = tools
        self._scratch = scratch
        self._name = name
        self._policy = RetryPolicy(settings.max_attempts, settings.max_job_s, settings.retry_base_s)
        self._capacity = Capacity(settings)
        self._running: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._stopping = False
        self._database_away = False

    async def run(self) -> None:
        """Receive and work until cancelled; then give back what is unfinished."""
        try:
            while True:
                free = self._settings.worker_concurrency - len(self._running)
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
            self._stopping = True
            await self._drain()

    async def _until_database(self) -> None:
        """Wait until Postgres answers, if it did not lately.

        Nothing can be claimed without it, and each message that is received in vain comes nearer
        to the dead-letter queue.
        """
        while self._database_away:
            try:
                await self._db.ping()
            except AWAY:
                await asyncio.sleep(_PAUSE_S)
            else:
                self._database_away = False

    async def _receive(self, free: int) -> None:
        try:
            messages = await self._queue.receive(free)
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
            await asyncio.wait(self._running, timeout=self._settings.drain_s)

    async def _handle(self, message: TaskMessage) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(named=str(message.task_id))
        claiming = asyncio.ensure_future(self._claim(message))
        try:
            claimed = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # We are shutting down; what this claim may still get would be held by nobody.
            with contextlib.suppress(*AWAY):
                claimed = await claiming
                if not isinstance(claimed, Unclaimable):
                    await self._give_back(claimed[0], message)
            raise
        except AWAY as error:
            _log.warning("claim_failed", error=repr(error))
            self._database_away = True
            with contextlib.suppress(Unavailable):
                await self._queue.extend(message, _PAUSE_S)
            return
        if claimed is Unclaimable.LATER:
            with contextlib.suppress(Unavailable):
                await self._queue.extend(message, 1)
            return
        if isinstance(claimed, Unclaimable):
            # Nothing to do. Should whoever holds a task fall silent, the sweep sends a new message.
            _log.info("not_claimed", reason=claimed.value)
            await self._drop(message)
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
        await self._work(held, event, message)

    async def _claim(self, message: TaskMessage) -> tuple[Claim, VideoEvent] | Unclaimable:
        """Claim the task whose turn it is, asking again while others have rows locked."""
        for pause_s in _LOCKED_PAUSES_S:
            async with self._db.begin() as tx:
                claimed = await claims.claim_next(
                    tx,
                    message.task_id,
                    self._name,
                    self._settings.lease_s,
                    self._settings.max_attempts,
                )
            if claimed is not Unclaimable.LATER:
                return claimed
            await asyncio.sleep(pause_s)
        return Unclaimable.LATER

    async def _work(self, held: Claim, event: VideoEvent, message: TaskMessage) -> None:
        meter, joblog = Meter(), JobLog()
        try:
            await events.publish(self._redis, event)
            outputs = await self._run(held, message, meter, joblog)
        except LeaseLost:
            # Somebody else's now, or cancelled: touch nothing, leave the message.
            _log.info("lease_lost")
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(held, message))
            raise
        except PermanentError as error:
            await self._fail(held, message, error.failure, str(error), joblog)
        except TransientError as error:
            await self._retry(held, message, error, joblog)
        except Unavailable as error:
            failure = Failure(
                "storage_error", "The store did not answer. Try again later.", retryable=True
            )
            gone = TransientError(error.detail, failure, charge=False)
            await self._retry(held, message, gone, joblog)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            failed = TransientError(repr(error), FULL if full else None, charge=not full)
            await self._retry(held, message, failed, joblog)
        except Exception as error:  # noqa: BLE001 - a fault of ours, so never the input's
            _log.exception("attempt_failed")
            await self._retry(held, message, TransientError(repr(error)), joblog)
        else:
            await self._succeed(held, message, outputs, joblog)

    async def _run(
        self, held: Claim, message: TaskMessage, meter: Meter, joblog: JobLog
    ) -> Outputs:
        """Work with a heartbeat beside; whichever ends first ends the other."""
        heartbeat = Heartbeat(
            self._settings, self._db, self._queue, self._redis, held, message, meter
        )

        async def describe(media: dict[str, Any]) -> None:
            await self._write(lambda tx: claims.describe_source(tx, held, media))

        async def work() -> Outputs:
            with self._scratch.attempt(f"{held.task_id}-{held.attempt}", held.source_size) as place:
                return await transcode(self._tools, held, place, meter, joblog, describe)

        working = asyncio.create_task(work())
        beating = asyncio.create_task(heartbeat.run())
        left_s = self._settings.max_job_s - held.job_age_s
        try:
            done, _ = await asyncio.wait(
                {working, beating}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise TransientError("the job took longer than it may", _TOO_LONG)
            if not working.done():
                await beating  # raises: it ends by itself only when the lease is lost
            return await working
        finally:
            heartbeat.end()
            await end(working)
            await asyncio.wait({beating}, timeout=self._settings.progress_s)
            await end(beating)

    async def _succeed(
        self, held: Claim, message: TaskMessage, outputs: Outputs, joblog: JobLog
    ) -> None:
        made = replace(outputs, log_key=await self._store_log(held, joblog))
        await self._settle(message, lambda tx: claims.succeed(tx, held, made))
        _log.info("succeeded", renditions=[row.name for row in outputs.renditions])

    async def _fail(
        self, held: Claim, message: TaskMessage, failure: Failure, error: str, joblog: JobLog
    ) -> None:
        joblog.add(f"failed: {failure.code}: {failure.message}")
        log_key = await self._store_log(held, joblog)
        await self._settle(
            message, lambda tx: claims.fail(tx, held, failure, error=error, log_key=log_key)
        )
        _log.info("failed", code=failure.code, error=error)

    async def _retry(
        self, held: Claim, message: TaskMessage, error: TransientError, joblog: JobLog
    ) -> None:
        """Give the task back for later, or end it when it was tried often or long enough."""
        joblog.add(f"attempt {held.attempt} failed: {error}")
        decision = decide(
            error,
            self._policy,
            attempt=held.attempt,
            charged=held.charged,
            age_s=held.job_age_s + joblog.age_s,
            chance=random.random(),  # noqa: S311 - it spreads load and guards nothing
        )
        if isinstance(decision, GiveUp):
            await self._fail(held, message, decision.failure, str(error), joblog)
            return
        again = decision
        log_key = await self._store_log(held, joblog)
        await self._settle(
            message,
            lambda tx: claims.release(
                tx,
                held,
                delay_s=again.delay_s,
                charge=again.charge,
                error=str(error),
                log_key=log_key,
            ),
        )
        _log.warning("released", error=str(error), delay_s=round(again.delay_s, 1))

    async def _give_back(self, held: Claim, message: TaskMessage) -> None:
        """Let another worker go on at once: we are shutting down.

        With a new message: receiving the old one again would count towards the dead-letter queue.
        """
        try:
            await self._write(
                lambda tx: claims.release(tx, held, delay_s=0, charge=False, resend=False)
            )
            if await self._queue.send([held.task_id]):
                await self._queue.delete(message)
            else:
                await self._queue.extend(message, 0)
            _log.info("given_back")
        except (LeaseLost, Unavailable, *AWAY) as error:
            _log.warning("not_given_back", error=repr(error))  # the lease lapses by itself

    async def _settle(self, message: TaskMessage, write: Write) -> None:
        """Commit how the attempt ended, then drop the message."""
        try:
            await self._write(write)
        except LeaseLost:
            _log.info("lease_lost")
            return
        await self._drop(message)

    async def _drop(self, message: TaskMessage) -> None:
        # Left behind it comes again and finds the task ended; a queue that hangs holds up no work.
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_DROP_S):
                await self._queue.delete(message)

    async def _write(self, write: Write) -> None:
        """Run a transaction, again when Postgres was away for a moment; then tell the listeners.

        Repeating is safe: a commit whose answer was lost shows as a lost lease.
        """
        deadline = asyncio.get_running_loop().time() + _SETTLE_S
        while True:
            try:
                async with self._db.begin() as tx:
                    event = await write(tx)
            except AWAY as error:
                if asyncio.get_running_loop().time() > deadline or self._stopping:
                    raise
                _log.warning("write_repeated", error=repr(error))
                await asyncio.sleep(1)
                continue
            await events.publish(self._redis, event)
            return

    async def _store_log(self, held: Claim, joblog: JobLog) -> str | None:
        key = keys.job_log(held.video_id, held.job_id, held.attempt)
        try:
            await self._storage.put(key, joblog.encode(), "text/plain; charset=utf-8")
        except Unavailable as error:
            _log.warning("log_not_stored", error=error.detail)
            return None
        return key
