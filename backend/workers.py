"""The reports of the workers; Redis is asked once a second."""

import asyncio
import time
from collections.abc import Callable, Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from core import log
from core.presence import Presence, Report

_log = log.get(__name__)
_FRESH_S = 1.0
_PATIENCE_S = 0.3  # of a request; a Redis that takes longer is not waited for again so soon
_PAUSE_S = 5.0
_STALE_S = 10.0


class KnownWorkers:
    """The reports of all workers, as they were a second ago.

    Whoever asks when they are older has them asked for anew, once for all who wait, and waits for
    a moment only. A Redis that is away makes them unknown.
    """

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._presence = Presence(client)
        self._clock = clock
        self._known: Sequence[Report] | None = None
        self._known_at = self._waited_in_vain_at = -float("inf")
        self._asking: asyncio.Task[None] | None = None

    async def now(self) -> Sequence[Report] | None:
        """Return the reports of the workers that live; None when they cannot be had."""
        if self._clock() - self._known_at >= _FRESH_S:
            await self._renew()
        return self._known if self._clock() - self._known_at < _STALE_S else None

    async def close(self) -> None:
        """End what is under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _renew(self) -> None:
        if self._clock() - self._waited_in_vain_at < _PAUSE_S:
            return
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=_PATIENCE_S)
        if not done:
            self._waited_in_vain_at = self._clock()

    async def _ask(self) -> None:
        try:
            self._known = await self._presence.hear()
            self._known_at = self._clock()
        except (RedisError, OSError, ValueError, LookupError) as error:
            self._known, self._waited_in_vain_at = None, self._clock()
            _log.warning("workers_not_known", error=repr(error))
