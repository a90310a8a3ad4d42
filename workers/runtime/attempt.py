"""One attempt at a task: runs it beside a heartbeat, then writes how it ended."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from core import log
from core.errors import (
    DatabaseAway,
    Failure,
    LeaseLost,
    PermanentError,
    TransientError,
    Unavailable,
)
from core.model.failure_codes import FailureCode
from core.model.states import Outcome
from core.tasks import planning, settle
from core.tasks.claim import Claim, Work, begin, claimed_with
from core.tasks.planning import Inspection
from core.tasks.settle import NOTHING, Ending
from workers.context import Context, Outputs
from workers.operations.registry import TASKS
from workers.runtime.classify_error import classify_error, retry_in
from workers.runtime.concurrency import end, unbroken
from workers.runtime.heartbeat import Heartbeat
from workers.tools import Adapters

_log = log.get(__name__)
_SETTLE_S = 600.0  # how long a result that is there is offered to a database that is away
_AGAIN_S = 1.0

_TOO_LONG = Failure(
    FailureCode.PROCESSING_TIMEOUT,
    "Processing took too long. Upload a shorter or smaller video.",
    retryable=True,
)

T = TypeVar("T")
Made = Inspection | Outputs
Result = Made | PermanentError | TransientError


class Attempt:
    """A claimed task in work."""

    def __init__(self, adapters: Adapters, context: Context) -> None:
        self._adapters = adapters
        self._context = context
        self._work, self._report = context.work, context.report
        self._report.cpu_seconds = 0.0  # the attempt before has told its own
        self._stopping = False

    async def run(self) -> Work | None:
        """Do the task. When cancelled, give it back.

        Returns:
            The next task of the job, begun, when this one has planned it.
        """
        try:
            result = await self._result()
        except asyncio.CancelledError:
            self._stopping = True
            given_back = give_back_now(self._adapters, self._work, self._ending(), self._unlisted)
            await unbroken(given_back)
            raise
        except LeaseLost:
            # Somebody else's now, or cancelled: touch nothing.
            _log.info("lease_lost")
            await self._abandon()
            return None
        # What was made must not be lost to a shutdown at the last moment.
        settling = asyncio.ensure_future(self._settle(result))
        try:
            return await asyncio.shield(settling)
        except asyncio.CancelledError:
            following = await settling
            if following is not None:
                await give_back_now(self._adapters, following)
            raise

    async def _result(self) -> Result:
        """Return the result; raises `LeaseLost` when the task belongs to another attempt."""
        try:
            return await self._perform()
        except LeaseLost:
            raise
        except (PermanentError, TransientError) as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the task is not lost
            found = classify_error(error)
            found.__cause__ = error
            if found.charge:
                _log.exception("attempt_failed")  # a fault of ours
            return found

    async def _perform(self) -> Made:
        """Work with a heartbeat in parallel; the first that ends stops the other."""
        work, settings = self._work, self._adapters.settings
        heartbeat = Heartbeat(self._adapters, work, self._report)

        async def perform() -> Made:
            self._context.place.mkdir(mode=0o700, exist_ok=True)
            return await TASKS[work.operation, work.kind](self._context)

        working = asyncio.create_task(perform())
        beating = asyncio.create_task(heartbeat.run())
        try:
            done, _ = await asyncio.wait(
                {working, beating},
                timeout=settings.max_job_s - work.job_age_s,
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

    async def _settle(self, result: Result) -> Work | None:
        """Commit how the attempt ended; return the next task, if this one planned it."""
        try:
            if isinstance(result, Inspection):
                return await self._plan(result)
            if isinstance(result, PermanentError):
                await self._fail(result.failure, str(result))
            elif isinstance(result, TransientError):
                await self._retry(result)
            else:
                await self._succeed(result)
        except LeaseLost:
            _log.info("lease_lost")
            await self._abandon()
        return None

    async def _plan(self, made: Inspection) -> Work | None:
        nonce = uuid.uuid4()
        settings, work = self._adapters.settings, self._work
        ending = Ending(cpu_seconds=self._report.cpu_seconds)
        try:
            following: Work | None = await self._write(
                lambda tx: planning.plan(
                    tx, work, made, settings.lease_s, self._adapters.worker, nonce, ending
                )
            )
        except LeaseLost:
            # So shows a commit whose answer was lost, too: then the next task is ours.
            following = await self._write(lambda tx: _begun_with(tx, nonce))
            if following is None:
                raise
        _log.info("planned", tasks=[task.key for task in made.tasks])
        return following

    async def _succeed(self, made: Outputs) -> None:
        ending, work = await self._logged(), self._work

        async def succeed(tx: AsyncConnection) -> None:
            await settle.succeed(tx, work, made.assets, ending, made.texts, **made.facts)
            # Of tries that were given up.
            await settle.remove_unlisted(tx, work, self._unlisted)

        await self._write(succeed)
        _log.info("succeeded", assets=[asset.name for asset in made.assets])

    async def _fail(self, failure: Failure, error: str) -> None:
        self._report.add(f"failed: {failure.code}: {failure.message}")
        ending = replace(await self._logged(), error=error)
        await self._write(lambda tx: settle.fail(tx, self._work, failure, ending))
        _log.info("failed", code=failure.code, error=error)

    async def _retry(self, error: TransientError) -> None:
        """Give the task back for later, or end it when it was tried often or long enough."""
        work, settings = self._work, self._adapters.settings
        self._report.add(f"attempt {work.attempt} failed: {error}")
        age_s = work.job_age_s + self._report.age_s
        delay_s = retry_in(error, settings, attempt=work.attempt, charged=work.charged, age_s=age_s)
        cause = error.__cause__
        hidden = cause is not None and str(cause) not in str(error)
        told = f"{error} ({cause!r})" if hidden else str(error)
        if delay_s is None:
            await self._fail(error.failure, told)
            return
        ending = replace(await self._logged(), error=told)

        async def give_back(tx: AsyncConnection) -> None:
            await settle.give_back(tx, work, delay_s=delay_s, charge=error.charge, ending=ending)
            await settle.remove_unlisted(tx, work, self._unlisted)

        await self._write(give_back)
        _log.warning("released", error=told, delay_s=round(delay_s, 1))

    async def _abandon(self) -> None:
        """Have the objects of this attempt removed: later attempts do not know them."""
        try:
            async with self._adapters.db.begin() as tx:
                await settle.abandon(tx, self._work, self._unlisted)
        except Exception as error:  # noqa: BLE001 - the sweeps look again; we have other work
            _log.warning("not_abandoned", error=repr(error))

    async def _write(self, write: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run a transaction, again when Postgres was away for a moment.

        Repeating is safe: a commit whose answer was lost shows as a lost lease. A statement that
        is wrong stays so, and is not repeated.
        """
        deadline = time.monotonic() + _SETTLE_S
        while True:
            try:
                async with self._adapters.db.begin() as tx:
                    return await write(tx)
            except DatabaseAway as error:
                if time.monotonic() > deadline or self._stopping:
                    raise
                _log.warning("write_repeated", error=repr(error))
                await asyncio.sleep(_AGAIN_S)

    @property
    def _unlisted(self) -> frozenset[str]:
        listing = self._context.listing
        return frozenset() if listing is None else frozenset(listing.unlisted)

    def _ending(self, log_key: str | None = None) -> Ending:
        return Ending(self._report.percent, log_key, self._report.cpu_seconds)

    async def _logged(self) -> Ending:
        """Store the log, and return what is written of the attempt."""
        key: str | None = self._work.log_key
        try:
            await self._adapters.tools.storage.put(
                self._work.log_key, self._report.log(), "text/plain; charset=utf-8"
            )
        except Unavailable as error:
            _log.warning("log_not_stored", error=error.detail)
            key = None
        return self._ending(key)


async def _begun_with(tx: AsyncConnection, nonce: uuid.UUID) -> Work | None:
    claim = await claimed_with(tx, nonce)
    return None if claim is None else await begin(tx, claim)


async def give_back_now(
    adapters: Adapters,
    claim: Claim,
    ending: Ending = NOTHING,
    unlisted: Collection[str] = frozenset(),
) -> None:
    """Let another worker have a task at once; the attempt does not count.

    The hint is sent here too, in case control is away. `unlisted` are keys of segments that the
    attempt has stored, perhaps without listing them: nobody else knows of them.
    """
    try:
        async with adapters.db.begin() as tx:
            await settle.give_back(
                tx, claim, delay_s=0, charge=False, outcome=Outcome.RELEASED, ending=ending
            )
            await settle.remove_unlisted(tx, claim, unlisted)
    except (LeaseLost, DatabaseAway) as error:
        _log.warning("not_given_back", error=repr(error))  # the lease lapses by itself
        return
    _log.info("given_back")
    with suppress(Unavailable):  # then the relay sends it later
        await adapters.queue.send([claim.task_id])
