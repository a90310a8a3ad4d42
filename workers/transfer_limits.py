"""The slowest transfer that is accepted, and the failure texts of transfers. Pure.

A client's timeout starts again with every byte, and most clients have none while they send a body.
So a store that is very slow, or stops reading, would hold a transfer for hours.
"""

from dataclasses import dataclass

from core.errors import Failure, TransientError
from core.model.failure_codes import FailureCode

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
