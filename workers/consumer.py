"""Receive, claim, work with a heartbeat, settle."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import redis.asyncio as redis
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import events, jobs, keys, log
from core.config import Settings
from core.db import Database
from core.errors import Failure, LeaseLost, PermanentError, TransientError, Unavailable
from core.events import VideoEvent
from core.jobs import Claim, Outputs
from core.queue import TaskMessage, TaskQueue
from core.storage import Storage
from workers.heartbeat import Heartbeat
from workers.joblog import JobLog
from workers.meter import Meter
from workers.retry import backoff_s
from workers.together import end
from workers.transcode import Tools, transcode
from workers.workspace import Scratch

_log = log.get(__name__)
_PAUSE_S = 2.0  # after a part did not answer
_SETTLE_S = 30.0  # how long a result that is there is offered to a database that is away

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
        self._running: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Receive and work until cancelled; then give back what is unfinished."""
        try:
            while True:
                free = self._settings.worker_concurrency - len(self._running)
                if free <= 0:
                    self._freed.clear()
                    await self._freed.wait()
                    continue
                await self._receive(free)
        finally:
            self._stopping = True
            await self._drain()

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
        structlog.contextvars.bind_contextvars(task_id=str(message.task_id))
        try:
            async with self._db.begin() as tx:
                claimed = await jobs.claim(
                    tx,
                    message.task_id,
                    self._name,
                    self._settings.lease_s,
                    self._settings.max_attempts,
                )
        except (DBAPIError, OSError, Unavailable) as error:
            _log.warning("claim_failed", error=repr(error))
            await self._queue.extend(message, _PAUSE_S)
            await asyncio.sleep(_PAUSE_S)
            return
        if isinstance(claimed, jobs.Unclaimable):
            # Ended, or held by somebody: should they fall silent, the sweep sends a new message.
            _log.info("not_claimed", reason=claimed.value)
            await self._drop(message)
            return
        held, event = claimed
        structlog.contextvars.bind_contextvars(
            job_id=str(held.job_id), video_id=str(held.video_id), attempt=held.attempt
        )
        _log.info("claimed", operation=held.operation)
        await events.publish(self._redis, event)
        await self._work(held, message)

    async def _work(self, held: Claim, message: TaskMessage) -> None:
        meter, joblog = Meter(), JobLog()
        try:
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
            await self._retry(held, message, TransientError(error.detail, failure), joblog)
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
            await self._write(lambda tx: jobs.describe_source(tx, held, media))

        async def work() -> Outputs:
            with self._scratch.attempt(f"{held.task_id}-{held.attempt}", held.source_size) as place:
                return await transcode(self._tools, held, place, meter, joblog, describe)

        working = asyncio.create_task(work())
        beating = asyncio.create_task(heartbeat.run())
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
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
        await self._settle(message, lambda tx: jobs.succeed(tx, held, made))
        _log.info("succeeded", renditions=[row.name for row in outputs.renditions])

    async def _fail(
        self, held: Claim, message: TaskMessage, failure: Failure, error: str, joblog: JobLog
    ) -> None:
        joblog.add(f"failed: {failure.code}: {failure.message}")
        log_key = await self._store_log(held, joblog)
        await self._settle(
            message, lambda tx: jobs.fail(tx, held, failure, error=error, log_key=log_key)
        )
        _log.info("failed", code=failure.code, error=error)

    async def _retry(
        self, held: Claim, message: TaskMessage, error: TransientError, joblog: JobLog
    ) -> None:
        """Give the task back for later, or end it when it was tried often enough."""
        joblog.add(f"attempt {held.charged} failed: {error}")
        if held.charged >= self._settings.max_attempts:
            await self._fail(held, message, error.failure, str(error), joblog)
            return
        delay_s = backoff_s(held.charged, self._settings.retry_base_s, random.random())  # noqa: S311
        log_key = await self._store_log(held, joblog)
        await self._settle(
            message,
            lambda tx: jobs.release(
                tx, held, delay_s=delay_s, charge=True, error=str(error), log_key=log_key
            ),
        )
        _log.warning("released", error=str(error), delay_s=round(delay_s, 1))

    async def _give_back(self, held: Claim, message: TaskMessage) -> None:
        """Let another worker go on at once: we are shutting down."""
        try:
            await self._write(
                lambda tx: jobs.release(tx, held, delay_s=0, charge=False, resend=False)
            )
            await self._queue.extend(message, 0)
            _log.info("given_back")
        except (LeaseLost, DBAPIError, OSError, Unavailable) as error:
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
        with contextlib.suppress(Unavailable):  # it comes again and finds the task ended
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
            except (DBAPIError, OSError) as error:
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
