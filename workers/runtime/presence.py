"""Reports in Redis what this worker does, so that people can see why a video waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

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

    It works on `running` tasks of the `most` that it works on at once. `short_of` is what there is
    too little of for one more. The disk is in bytes.
    """
    state = WorkerState.IDLE
    if running and (running >= most or short_of):
        state = WorkerState.BUSY
    elif short_of:
        state = WorkerState.NO_ROOM
    room, most = largest_whole(free_disk), largest_streamed(total_disk)
    return Report(state, room, most, short_of or "")


@asynccontextmanager
async def reporting(
    client: redis.Redis, worker: str, look: Callable[[], Report]
) -> AsyncIterator[None]:
    """Repeat what `look` returns, at once when it has changed, for as long as the block lasts.

    Then say that the worker is no more. A Redis that is away is logged once, and tried again.
    """
    presence = Presence(client)
    task = asyncio.create_task(_repeat(presence, worker, look))
    try:
        yield
    finally:
        await end(task)
        try:
            async with asyncio.timeout(_LEAVE_S):
                await presence.leave(worker)
        except (RedisError, OSError) as error:  # it will be heard of no more in some seconds
            _log.info("presence_not_withdrawn", error=repr(error))


async def _repeat(presence: Presence, worker: str, look: Callable[[], Report]) -> None:
    told: WorkerState | None = None
    heard, clock = True, asyncio.get_running_loop().time
    next_at = clock()
    while True:
        try:
            report = look()
            if report.state is not told or clock() >= next_at:
                told, next_at = report.state, clock() + TOLD_EVERY_S
                await presence.tell(worker, report)
                heard = True
        except (RedisError, OSError) as error:  # a disk, too, that cannot be asked
            if heard:
                _log.warning("presence_not_told", error=repr(error))
            heard = False
        await asyncio.sleep(_LOOK_S)
