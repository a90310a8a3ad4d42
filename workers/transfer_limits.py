"""How slow a transfer may be, and what is said of one that failed. Pure.

Time-outs of a client count from byte to byte, and hardly any count while a body is sent: a store
that trickles, or stops reading, would be borne with for hours.
"""

from dataclasses import dataclass

from core.errors import Failure, TransientError

CHANCES = 3  # for each range, and for each part

GONE = Failure(
    "storage_error",
    "The uploaded file is no longer in the store. Upload it again.",
    retryable=False,
)
CUT = Failure(
    "storage_error", "The store did not give back what was put into it. Try again.", retryable=True
)
SLOW = Failure(
    "storage_error", "The store was too slow for this film. Try again later.", retryable=True
)


@dataclass(frozen=True)
class Pace:
    """The slowest transfer that is waited for, as with curl's `--speed-limit`.

    Attributes:
        least_rate: bytes a second on one connection.
        grace_s: seconds allowed beyond that, for connecting, a busy store and the SDK's retries.
    """

    least_rate: int = 32 * 1024
    grace_s: float = 15.0

    def patience_s(self, size: int) -> float:
        """Return within how many seconds `size` bytes must have gone over."""
        return self.grace_s + size / self.least_rate


DEFAULT_PACE = Pace()


def too_slow(what: str) -> TransientError:
    """Return the error of a transfer that took longer than its pace allows."""
    # A store in trouble: not a fault of the job, whose attempts it must not use up.
    return TransientError(f"{what} went over too slowly", SLOW, charge=False)
