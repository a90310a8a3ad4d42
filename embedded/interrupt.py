"""Notices that the person wants to stop: Ctrl-C, SIGTERM, a closed terminal, an ended `make`."""

import os
import signal
import time
from pathlib import Path
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAME_EVENT_S = 0.7  # `make` passes on what its process group has got as well


class Interrupt:
    """Collects the wishes to stop. Made in the main thread; the handlers stay for good."""

    def __init__(self) -> None:
        """Take over the signals."""
        self._first: float | None = None
        self._hurry = False
        self._make = os.getppid() if _is_make(os.getppid()) else None
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def requested(self) -> bool:
        """Tell whether to stop."""
        if self._first is None and self._make is not None and _make_has_stopped(self._make):
            self._first = time.monotonic()
        return self._first is not None

    def hurry(self) -> bool:
        """Tell whether it was asked for twice: stop at once."""
        return self._hurry

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        elif now - self._first > _SAME_EVENT_S:
            self._hurry = True


def _is_make(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() in ("make", "gmake")
    except OSError:
        return False


def _make_has_stopped(pid: int) -> bool:
    """Tell whether `make` has ended, or waits for us with a SIGINT that only it has got.

    GNU make passes SIGTERM on but not SIGINT: it takes for granted that the terminal has sent that
    to all, and waits in its handler, where SIGINT is blocked.
    """
    if os.getppid() != pid:
        return True
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(blocked.split()[1], 16) >> (signal.SIGINT - 1) & 1)
