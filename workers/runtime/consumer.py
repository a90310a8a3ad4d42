"""The main loop of a worker: receives hints, claims tasks, runs attempts, drains at the end."""

import asyncio
import contextlib
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from core import log, setbacks
from core.adapters.sqs import LONG_POLL_S, TaskMessage
from core.errors import BadRow, DatabaseAway, LeaseLost, Unavailable
from core.jobs.project import project
from core.model.tables import DEFAULT_POOL
from core.tasks import lease
from core.tasks.claim import Claim, Unclaimable, Work, begin, claim_next, claimed_with
from core.tasks.fair_order import Skills
from core.videos import lifecycle
from core.watching import Watching
from workers.context import Context
from workers.operations.registry import TASKS
from workers.runtime.attempt import Attempt, give_back_now
from workers.runtime.capacity import Capacity
from workers.runtime.concurrency import unbroken
from workers.runtime.listing import AttemptListing
from workers.runtime.protection import Protection
from workers.tools import Adapters

_log = log.get(__name__)
_PAUSE_S = 2.0  # after a dependency did not answer
_SHOWN_AGAIN_S = 1.0  # a message whose task could not be claimed now
_LOCKED_PAUSES_S = (0.02, 0.05, 0.1, 0.2)  # a row is locked for the time of a short transaction


class Consumer:
    """Works on tasks until it is stopped; on several at once if the settings say so."""

    def __init__(self, adapters: Adapters, home: Path, protection: Protection) -> None:
        self._adapters = adapters
        self._home = home
        self._protection = protection
        self._capacity = Capacity(adapters.settings)
        self._skills = Skills(frozenset(TASKS), DEFAULT_POOL, adapters.settings.max_attempts)
        self._running: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._stopping = False
        self._found = False  # work, the last time that was looked

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
                free = self._adapters.settings.worker_concurrency - len(self._running)
                if free <= 0:
                    self._freed.clear()
                    await self._freed.wait()
                    continue
                room = self._capacity.room(len(self._running), free)
                if not room:
                    await asyncio.sleep(_PAUSE_S)  # others have filled memory or disk
                    continue
                await self._receive(room)
        finally:
            await unbroken(self._drain())

    async def _receive(self, free: int) -> None:
        """Wait for hints, and have each answered; without any, look for work all the same.

        So a hint that is lost, or a queue that is away, costs time and no work. Where there was
        work there may be more: then nothing is waited for, since others may have taken the hints,
        such as workers of another release who can do nothing with them.
        """
        messages: Sequence[TaskMessage | None] = ()
        wait_s, self._found = 0 if self._found else LONG_POLL_S, False
        try:
            messages = await self._adapters.queue.receive(free, wait_s)
        except Unavailable as error:
            _log.warning("receive_failed", error=error.detail)
            await asyncio.sleep(_PAUSE_S)
        for message in messages or (None,):
            task = asyncio.create_task(self._handle(message))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._freed.set()
        if not task.cancelled() and task.exception() is not None:
            _log.error("message_not_settled", exc_info=task.exception())

    async def _drain(self) -> None:
        self._stopping = True
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=self._adapters.settings.drain_s)

    async def _handle(self, message: TaskMessage | None) -> None:
        structlog.contextvars.clear_contextvars()
        claiming = asyncio.ensure_future(self._claim())
        try:
            claim = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # We are shutting down; what this claim may still get would be held by nobody.
            with contextlib.suppress(DatabaseAway):
                claim = await claiming
                if isinstance(claim, Claim):
                    await give_back_now(self._adapters, claim)
            raise
        if claim is Unclaimable.LATER:
            if message is not None:
                with contextlib.suppress(Unavailable):
                    await self._adapters.queue.extend(message, _SHOWN_AGAIN_S)
            return
        self._found = isinstance(claim, Claim)
        # From here on the lease protects the task, and the sweep sends another hint if need be. In
        # the background: a slow queue must not delay the work.
        drop = self._adapters.queue.drop
        deleting = [asyncio.create_task(drop(message))] if message is not None else []
        try:
            if isinstance(claim, Unclaimable):
                _log.debug("nothing_to_claim")
                return
            with self._protection.holding():
                await self._work_on(claim)
        finally:
            if deleting:
                await unbroken(asyncio.wait(deleting))

    async def _work_on(self, claim: Claim) -> None:
        """Do a task, and those of its job that follow from it."""
        _bind(claim)
        work = await self._begun(claim)
        if work is None:
            return
        place = self._home / f"{claim.task_id}-{claim.attempt}"
        context = Context(self._adapters.tools, work, place)
        watching = Watching(self._adapters.redis)
        try:
            while work is not None:
                _bind(work)
                _log.info("claimed", operation=work.operation, kind=work.kind)
                listing = AttemptListing(self._adapters.db, work, watching)
                context = replace(context, work=work, listing=listing)
                work = await Attempt(self._adapters, context).run()
        finally:
            # In a thread, because a disk may be slow.
            await unbroken(asyncio.to_thread(shutil.rmtree, place, ignore_errors=True))

    async def _claim(self) -> Claim | Unclaimable:
        """Claim the next task; try again while other workers have rows locked."""
        settings, db, nonce = self._adapters.settings, self._adapters.db, uuid.uuid4()
        for pause_s in _LOCKED_PAUSES_S:
            try:
                claim = await claim_next(
                    db, self._adapters.worker, nonce, settings.lease_s, self._skills
                )
            except BadRow as error:
                # The next one is taken instead; for this one the sweep looks again.
                await setbacks.note(
                    db, setbacks.Kind.CLAIM, error.task_id, error.__cause__ or error
                )
                continue
            except DatabaseAway as error:
                _log.warning("claim_failed", error=repr(error))
                # The claim may have come through, and only its answer been lost.
                return await self._look_for(nonce) or Unclaimable.LATER
            if claim is not Unclaimable.LATER:
                return claim
            await asyncio.sleep(pause_s)
        return Unclaimable.LATER

    async def _look_for(self, nonce: uuid.UUID) -> Claim | None:
        """Wait until Postgres answers, and return what was claimed.

        Meanwhile no more is received than there is room for: each message that is received without
        a claim comes nearer to the dead-letter queue.
        """
        while True:
            try:
                async with self._adapters.db.autocommit() as connection:
                    return await claimed_with(connection, nonce)
            except DatabaseAway:
                if self._stopping:
                    raise
                await asyncio.sleep(_PAUSE_S)

    async def _begun(self, claim: Claim) -> Work | None:
        """Have a claimed task begin; None when nothing can come of it, or it could not."""
        try:
            work = await self._begin(claim)
        except asyncio.CancelledError:
            await unbroken(give_back_now(self._adapters, claim))
            raise
        except LeaseLost:
            _log.info("lease_lost")
            return None
        except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
            await self._give_back_unbegun(claim, error)
            return None
        if work is None:
            _log.warning("nothing_can_come_of_it")
        return work

    async def _begin(self, claim: Claim) -> Work | None:
        """Have a claimed task begin, once more when Postgres was away for a moment."""
        try:
            async with self._adapters.db.begin() as tx:
                return await begin(tx, claim)
        except DatabaseAway:
            await asyncio.sleep(_PAUSE_S)
        async with self._adapters.db.begin() as tx:
            return await begin(tx, claim)

    async def _give_back_unbegun(self, claim: Claim, error: Exception) -> None:
        """Let a task wait that could not begin; its attempt counts, unless Postgres was away.

        First the task alone: what kept it from beginning may be the row of its job or video.
        """
        away = isinstance(error, DatabaseAway)
        if away:
            _log.warning("claim_failed", error=repr(error))
        else:
            _log.error("not_begun", exc_info=error)
        try:
            async with self._adapters.db.begin() as tx:
                await lease.give_back_unbegun(tx, claim, repr(error), charge=not away)
            async with self._adapters.db.begin() as tx:
                video = await lifecycle.lock(tx, claim.video_id)
                if video is not None:
                    await project(tx, video, claim.job_id)
        except Exception as more:  # noqa: BLE001 - then its lease lapses
            _log.warning("not_given_back", error=repr(more))


def _bind(claim: Claim) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        task_id=str(claim.task_id),
        job_id=str(claim.job_id),
        video_id=str(claim.video_id),
        attempt=claim.attempt,
    )
