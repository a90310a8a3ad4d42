"""One attempt at a task: work with a heartbeat beside, then write down how it ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core import events, log
from core.adapters.sqs import TaskMessage
from core.errors import (
    DatabaseAway,
    Failure,
    LeaseLost,
    PermanentError,
    TransientError,
    Unavailable,
)
from core.events import VideoEvent
from core.model import object_keys
from core.tasks import claims
from core.tasks.claims import Claim, Outputs
from workers.runtime.adapters import Adapters
from workers.runtime.classify_error import GiveUp, RetryPolicy, classify_error, decide
from workers.runtime.concurrency import end, unbroken
from workers.runtime.heartbeat import Heartbeat
from workers.runtime.report import JobLog, Meter
from workers.runtime.scratch import Scratch
from workers.transcode import Tools, transcode

_log = log.get(__name__)
_SETTLE_S = 600.0  # how long a result that is there is offered to a database that is away
_AGAIN_S = 1.0

_TOO_LONG = Failure(
    "processing_timeout",
    "Processing took too long and was given up. Upload a shorter or smaller film.",
    retryable=True,
)

Write = Callable[[AsyncConnection], Awaitable[VideoEvent | None]]
Outcome = Outputs | PermanentError | TransientError


class Attempt:
    """A claimed task in work, and the message that led to it."""

    def __init__(
        self, parts: Adapters, tools: Tools, scratch: Scratch, held: Claim, message: TaskMessage
    ) -> None:
        self._parts = parts
        self._tools = tools
        self._scratch = scratch
        self._held = held
        self._message = message
        self._meter = Meter()
        self._joblog = JobLog()
        self._stopping = False

    async def work(self, event: VideoEvent | None) -> None:
        """Do the task, having told of its claim. When cancelled, give it back."""
        try:
            await events.publish(self._parts.redis, event)
            outcome = await self._outcome()
        except asyncio.CancelledError:
            self._stopping = True
            await unbroken(self.give_back())
            raise
        except LeaseLost:
            # Somebody else's now, or cancelled: touch nothing, leave the message.
            _log.info("lease_lost")
            await self._abandon()
            return
        # What was made must not be lost to a shutdown at the last moment.
        await unbroken(self._settle(outcome))

    async def give_back(self) -> None:
        """Let another worker go on at once: we are shutting down.

        With a new message: receiving the old one again would count towards the dead-letter queue.
        """
        held, queue = self._held, self._parts.queue
        try:
            await self._write(
                lambda tx: claims.release(tx, held, delay_s=0, charge=False, resend=False)
            )
            if await queue.send([held.task_id]):
                await queue.drop(self._message)
            else:
                await queue.extend(self._message, 0)
            _log.info("given_back")
        except (LeaseLost, Unavailable) as error:
            _log.warning("not_given_back", error=repr(error))  # the lease lapses by itself

    async def _outcome(self) -> Outcome:
        """Return what came of it; raises `LeaseLost` when that is nobody's business any more."""
        try:
            return await self._run()
        except LeaseLost:
            raise
        except (PermanentError, TransientError) as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the task is not lost
            judged = classify_error(error)
            if judged.charge:
                _log.exception("attempt_failed")  # a fault of ours
            return judged

    async def _run(self) -> Outputs:
        """Work with a heartbeat beside; whichever ends first ends the other."""
        held, settings = self._held, self._parts.settings
        heartbeat = Heartbeat(self._parts, held, self._message, self._meter)

        async def describe(media: dict[str, Any]) -> None:
            await self._write(lambda tx: claims.describe_source(tx, held, media))

        async def work() -> Outputs:
            with self._scratch.attempt(f"{held.task_id}-{held.attempt}") as place:
                return await transcode(
                    self._tools, held, place, self._meter, self._joblog, describe
                )

        working = asyncio.create_task(work())
        beating = asyncio.create_task(heartbeat.run())
        try:
            done, _ = await asyncio.wait(
                {working, beating},
                timeout=settings.max_job_s - held.job_age_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                raise TransientError("the job took longer than it may", _TOO_LONG)
            if not working.done():
                await beating  # raises: it ends by itself only when the lease is lost
            return await working
        finally:
            heartbeat.end()
            await end(working)
            await asyncio.wait({beating}, timeout=settings.progress_s)
            await end(beating)

    async def _settle(self, outcome: Outcome) -> None:
        """Commit how the attempt ended, then drop the message."""
        try:
            if isinstance(outcome, Outputs):
                await self._succeed(outcome)
            elif isinstance(outcome, PermanentError):
                await self._fail(outcome.failure, str(outcome))
            else:
                await self._retry(outcome)
        except LeaseLost:
            _log.info("lease_lost")
            await self._abandon()
            return
        await self._parts.queue.drop(self._message)

    async def _abandon(self) -> None:
        """Have removed what this attempt stored: nobody after us can know that it is there."""
        try:
            async with self._parts.db.begin() as tx:
                await claims.abandon(tx, self._held)
        except Exception as error:  # noqa: BLE001 - the sweeps look again; we have other work
            _log.warning("not_abandoned", error=repr(error))

    async def _succeed(self, outputs: Outputs) -> None:
        made = replace(outputs, log_key=await self._store_log())
        await self._write(lambda tx: claims.succeed(tx, self._held, made))
        _log.info("succeeded", renditions=[row.name for row in outputs.renditions])

    async def _fail(self, failure: Failure, error: str) -> None:
        self._joblog.add(f"failed: {failure.code}: {failure.message}")
        log_key = await self._store_log()
        await self._write(
            lambda tx: claims.fail(tx, self._held, failure, error=error, log_key=log_key)
        )
        _log.info("failed", code=failure.code, error=error)

    async def _retry(self, error: TransientError) -> None:
        """Give the task back for later, or end it when it was tried often or long enough."""
        held, settings = self._held, self._parts.settings
        self._joblog.add(f"attempt {held.attempt} failed: {error}")
        decision = decide(
            error,
            RetryPolicy(settings.max_attempts, settings.max_job_s, settings.retry_base_s),
            attempt=held.attempt,
            charged=held.charged,
            age_s=held.job_age_s + self._joblog.age_s,
            chance=random.random(),  # noqa: S311 - it spreads load and guards nothing
        )
        if isinstance(decision, GiveUp):
            await self._fail(decision.failure, str(error))
            return
        again, log_key = decision, await self._store_log()
        await self._write(
            lambda tx: claims.release(
                tx,
                held,
                delay_s=again.delay_s,
                charge=again.charge,
                error=str(error),
                log_key=log_key,
            )
        )
        _log.warning("released", error=str(error), delay_s=round(again.delay_s, 1))

    async def _write(self, write: Write) -> None:
        """Run a transaction, again when Postgres was away for a moment; then tell the listeners.

        Repeating is safe: a commit whose answer was lost shows as a lost lease. A statement that
        is wrong stays so, and is not repeated.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + _SETTLE_S
        while True:
            try:
                async with self._parts.db.begin() as tx:
                    event = await write(tx)
            except DatabaseAway as error:
                if clock() > deadline or self._stopping:
                    raise
                _log.warning("write_repeated", error=repr(error))
                await asyncio.sleep(_AGAIN_S)
                continue
            await events.publish(self._parts.redis, event)
            return

    async def _store_log(self) -> str | None:
        key = object_keys.job_log(self._held.video_id, self._held.job_id, self._held.attempt)
        try:
            await self._parts.storage.put(key, self._joblog.encode(), "text/plain; charset=utf-8")
        except Unavailable as error:
            _log.warning("log_not_stored", error=error.detail)
            return None
        return key
