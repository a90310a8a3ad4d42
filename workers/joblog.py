"""The log of one attempt, as its owner may read it: no keys, no addresses, no paths of ours."""

import time

_MOST = 256 * 1024  # characters


class JobLog:
    """Collects lines with the seconds since the attempt began."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lines: list[str] = []
        self._size = 0

    @property
    def age_s(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._started

    def add(self, text: str) -> None:
        """Add a line, or a block of several. The oldest are kept when it grows too long."""
        if self._size > _MOST:
            return
        line = f"{self.age_s:9.3f}  {text.rstrip()}"
        self._size += len(line)
        self._lines.append(line)

    def encode(self) -> bytes:
        """Return the whole as UTF-8."""
        return ("\n".join(self._lines) + "\n").encode(errors="replace")
