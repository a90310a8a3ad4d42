"""How slow a transfer may be. Pure.

Time-outs of a client count from byte to byte, and hardly any count while a body is sent: a store
that trickles, or stops reading, would be borne with for hours.
"""

from dataclasses import dataclass


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
