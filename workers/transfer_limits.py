"""How slow a transfer may be, how long a store that is away is borne with, and what is then told.

A client's timeout starts again with every byte, and most clients have none while they send a body.
So a store that is very slow, or stops reading, would hold a transfer for hours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from core.errors import Failure, Refused, TransientError, Unavailable
from core.model.failure_codes import FailureCode
from workers.runtime.classify_error import backoff_s

T = TypeVar("T")
_CHANCES = 3  # for what came too slowly, or not whole
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 15.0

GONE = Failure(FailureCode.STORAGE_ERROR, "The uploaded file is no longer stored. Upload it again.")
CUT = Failure(
    FailureCode.STORAGE_ERROR, "The storage returned damaged data. Try again.", retryable=True
)
SLOW = Failure(
    FailureCode.STORAGE_ERROR, "The storage was too slow. Try again later.", retryable=True
)


@dataclass(frozen=True)
class Pace:
    """The slowest transfer that is waited for, as with curl's `--speed-limit`.

    Attributes:
        least_rate: bytes a second on one connection.
        grace_s: seconds allowed beyond that, for connecting, a busy store and the SDK's retries.
        away_s: for how many seconds a store that does not answer is asked again, without progress.
    """

    least_rate: int = 32 * 1024
    grace_s: float = 15.0
    away_s: float = 600.0

    def patience_s(self, size: int) -> float:
        """Return within how many seconds `size` bytes must have gone over."""
        return self.grace_s + size / self.least_rate


DEFAULT_PACE = Pace()


def too_slow(what: str) -> TransientError:
    """Return the error of a transfer that took longer than its pace allows."""
    # A store in trouble: not a fault of the job, whose attempts it must not use up.
    return TransientError(f"{what} went over too slowly", SLOW, charge=False)


class Patience:
    """That of one transfer: how often, and for how long, it is tried without progress.

    What has been made so far is worth more than a few minutes.
    """

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
