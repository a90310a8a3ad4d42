"""Ends what a supervisor leaves behind when it is killed.

The kernel tells each part to end when its supervisor dies. One that is stopped, hangs or ignores
that would stay, with its port and its memory, until the next start in the same directory. The guard
is a process that outlives the supervisor by just as long as it takes to end them.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from embedded.leftovers import births_in, end_leftovers

_ROOT = Path(__file__).resolve().parents[1]


class Guard:
    """The supervisor's end: tells the guard which processes there are."""

    def __init__(self) -> None:
        """Nothing is started before there is something to guard."""
        self._process: subprocess.Popen[bytes] | None = None

    def note(self, births: Mapping[int, str]) -> None:
        """Say which processes are to go with this one; see `leftovers.births_of`."""
        if self._process is None:
            self._process = _start()
        if self._process.stdin is not None:
            _tell(self._process.stdin, births)

    def close(self) -> None:
        """Nothing is left to guard."""
        if self._process is not None:
            if self._process.stdin is not None:
                _tell(self._process.stdin, {})
                self._process.stdin.close()
            self._process.wait()
            self._process = None


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        # Without site: it needs the standard library only, and is there at once.
        [sys.executable, "-S", "-m", "embedded.guard"],
        cwd=_ROOT,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        # A Ctrl-C is for the supervisor; what becomes of the guard, the end of the pipe says.
        start_new_session=True,
    )


def _tell(pipe: IO[bytes], births: Mapping[int, str]) -> None:
    # Without a guard the parts are still tied to this process by the kernel.
    with contextlib.suppress(OSError):
        pipe.write(json.dumps(births).encode() + b"\n")


def main() -> None:
    """Listen until the supervisor has gone, then end what it named last."""
    births: dict[int, str] = {}
    for line in sys.stdin:
        # The last one is cut short when its writer dies in it.
        with contextlib.suppress(ValueError):
            births = births_in(line)
    end_leftovers(births)


if __name__ == "__main__":
    main()
