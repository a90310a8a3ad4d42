"""Reports in Redis what this worker does, so that people can see why a video waits."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import redis.asyncio as redis
from redis.exceptions import RedisError

from core import log
from core.presence import TOLD_EVERY_S, Presence, Report, WorkerState
from workers.runtime.concurrency import end
from workers.runtime.scratch import largest_streamed, largest_whole

_log = log.get(__name__)
_LOOK_S = 0.5
_LEAVE_S = 1.0


def report_of(
    running: int, most: int, short_of: str | None, free_disk: int, total_disk: int
) -> Report:
    """Return how a worker is. Pure.

    One that has no room beside what it works on is busy: it will have some when that ends. What
    video comes next, and whether that can be streamed, nobody knows yet.

    Args:
        running: tasks that it works on.
        most: that it works on at once.
        short_of: what there is too little of for one more; None when there is enough.
        free_disk: bytes.
        total_disk: bytes.
    """
    state = WorkerState.IDLE
    if running and (running >= most or short_of):
        state = WorkerState.BUSY
    elif short_of:
        state = WorkerState.NO_ROOM
    room, most = largest_whole(free_disk), largest_streamed(total_disk)
    return Report(state, room, most, short_of or "")


class Reporter:
    """Repeats what `look` returns, at once when it has changed.

    Args:
        client: of Redis; one that is away is logged once, and tried again.
        worker: its name.
        look: returns how it is.
    """

    def __init__(self, client: redis.Redis, worker: str, look: Callable[[], Report]) -> None:
        self._presence = Presence(client)
        self._worker = worker
        self._look = look
        self._heard = True

    @asynccontextmanager
    async def reporting(self) -> AsyncIterator[None]:
        """Report for as long as the block lasts; then say that the worker is no more."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            await end(task)
            await self._leave()

    async def _run(self) -> None:
        told: WorkerState | None = None
        clock = asyncio.get_running_loop().time
        next_at = clock()
        while True:
            with contextlib.suppress(OSError):  # a disk that cannot be asked: soon it can
                report = self._look()
                if report.state is not told or clock() >= next_at:
                    await self._tell(report)
                    told, next_at = report.state, clock() + TOLD_EVERY_S
            await asyncio.sleep(_LOOK_S)

    async def _tell(self, report: Report) -> None:
        try:
            await self._presence.tell(self._worker, report)
        except (RedisError, OSError) as error:
            if self._heard:
                _log.warning("presence_not_told", error=repr(error))
            self._heard = False
        else:
            self._heard = True

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(_LEAVE_S):
                await self._presence.leave(self._worker)
        except (RedisError, OSError) as error:  # it will be heard of no more in some seconds
            _log.info("presence_not_withdrawn", error=repr(error))


def look_from(
    scratch: Path, most: int, running: Callable[[], int], short_of: Callable[[], str | None]
) -> Callable[[], Report]:
    """Return what looks at the disk of a worker and at what it does."""

    def look() -> Report:
        disk = shutil.disk_usage(scratch)
        return report_of(running(), most, short_of(), disk.free, disk.total)

    return look
