"""Without the rounds that find what was lost."""

import uuid
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.faults.mutations import mutation, replace


@mutation("lapse", "backend")
def no_lapse() -> None:
    """Nobody brings back the tasks of workers that fell silent."""
    from core.dispatch import Dispatcher

    async def nothing(_self: Dispatcher) -> None:
        return None

    replace(Dispatcher, "lapse", nothing)


@mutation("resend", "backend")
def no_resend() -> None:
    """Nobody notices that a task waits whose message is gone."""
    from core.dispatch import Dispatcher

    async def nothing(_self: Dispatcher) -> None:
        return None

    replace(Dispatcher, "resend_lost", nothing)


@mutation("upload_sweep", "backend")
def no_upload_sweep() -> None:
    """Nobody asks S3 about uploads that were begun."""
    from core.sweep import Sweeper

    async def nothing(_self: Sweeper) -> list[Any]:
        return []

    replace(Sweeper, "check_uploads", nothing)


@mutation("purge", "backend")
def no_purge() -> None:
    """Nobody removes what nobody may see any more."""
    from core.sweep import Sweeper

    async def nothing(_self: Sweeper) -> int:
        return 0

    replace(Sweeper, "purge", nothing)


@mutation("outbox", "backend")
def no_outbox() -> None:
    """What is to be sent is remembered by the process that queued it, and by no row."""
    from core import jobs
    from core.dispatch import Dispatcher
    from core.model.tables import Task

    remembered: list[uuid.UUID] = []
    plain = jobs.create

    async def create(tx: AsyncConnection, *arguments: Any, **named: Any) -> Any:
        job_id, event = await plain(tx, *arguments, **named)
        remembered.append(job_id)
        return job_id, event

    async def relay(self: Dispatcher) -> int:
        from sqlalchemy import select

        jobs_queued, remembered[:] = [*remembered], []
        async with self._db.read() as connection:
            found = await connection.execute(select(Task.id).where(Task.job_id.in_(jobs_queued)))
            task_ids = list(found.scalars().all())
        return len(await self._queue.send(task_ids)) if task_ids else 0

    replace(jobs, "create", create)
    replace(Dispatcher, "relay", relay)


@mutation("mark_lapses", "backend")
def mark_never_lapses() -> None:
    """A task that somebody was about to send is his for ever."""
    from core import dispatch

    replace(dispatch, "_SENDING_S", 1_000_000)


@mutation("resume_completion", "backend")
def no_resumed_completion() -> None:
    """That S3 no longer knows an upload is never taken to mean that it completed it."""
    from core.adapters.s3 import Storage

    plain = Storage.list_parts

    async def list_parts(self: Storage, *arguments: Any) -> Any:
        return await plain(self, *arguments) or []

    replace(Storage, "list_parts", list_parts)
