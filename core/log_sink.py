"""Writes log lines in batches."""

import asyncio
import atexit
import contextlib
from typing import TextIO

_TOGETHER_S = 0.05


class Lines:
    """Where structlog's lines end up.

    On a running event loop an ordinary line waits for a twentieth of a second for others, so that a
    busy API makes no system call for each request's line. A warning, or anything outside
    of a loop, is written at once, with all that waited.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        atexit.register(self.flush)

    def info(self, line: str) -> None:
        """Write a line soon."""
        self._waiting.append(line)
        if len(self._waiting) > 1:
            return  # the first one has seen to it
        try:
            asyncio.get_running_loop().call_later(_TOGETHER_S, self.flush)
        except RuntimeError:
            self.flush()

    def warning(self, line: str) -> None:
        """Write a line, and all before it, at once."""
        self._waiting.append(line)
        self.flush()

    msg = debug = info
    warn = err = error = exception = critical = fatal = failure = warning

    def flush(self) -> None:
        """Write what waits.

        What a full disk, or a reader that is gone, does not take is lost: the work that it tells
        of must not fail for it.
        """
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        with contextlib.suppress(OSError):
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
