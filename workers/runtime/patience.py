"""Bears a store that is away: what has been made so far is worth more than a few minutes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import Refused, TransientError, Unavailable
from workers.runtime.classify_error import backoff_s
from workers.transfer_limits import Pace

T = TypeVar("T")
_CHANCES = 3  # for what came too slowly, or not whole
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 15.0


class Patience:
    """That of one transfer: how often, and for how long, it is tried without progress."""

    def __init__(self, pace: Pace) -> None:
        self._away_s = pace.away_s
        self.progress()

    def progress(self) -> None:
        """Be as patient again as in the beginning."""
        self._tries, self._bad, self._until = 0, 0, 0.0

    async def bear(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a call returns, which is made again when it fails.

        Raises:
            TransientError: of the last call, after three that went badly.
            Unavailable: the store was away for `away_s` without progress, or refuses us.
        """
        while True:
            try:
                return await call()
            except Refused:
                raise  # it will be refused again
            except TransientError:
                self._bad += 1
                if self._bad == _CHANCES:
                    raise
            except Unavailable:
                now = time.monotonic()
                self._until = self._until or now + self._away_s
                if now >= self._until:
                    raise
            self._tries += 1
            await asyncio.sleep(min(_MOST_PAUSE_S, backoff_s(self._tries, _FIRST_PAUSE_S)))
