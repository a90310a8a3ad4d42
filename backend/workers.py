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

    Older reports are read again, once for all waiting callers, who wait for a moment only. If Redis
    is away, the reports are unknown.
    """

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._presence = Presence(client)
        self._clock = clock
        self._known: Sequence[Report] | None = None
        self._known_at = self._ask_at = -float("inf")
        self._asking = asyncio.Lock()

    async def now(self) -> Sequence[Report] | None:
        """Return the reports of the workers that live; None when they cannot be had."""
        async with self._asking:
            if self._clock() >= self._ask_at:
                await self._ask()
        return self._known if self._clock() - self._known_at < _STALE_S else None

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                self._known = await self._presence.hear()
            self._known_at = self._clock()
            self._ask_at = self._known_at + _FRESH_S
        except TimeoutError:
            self._ask_at = self._clock() + _PAUSE_S
        except (RedisError, OSError, ValueError, LookupError) as error:
            self._known, self._ask_at = None, self._clock() + _PAUSE_S
            _log.warning("workers_not_known", error=repr(error))
