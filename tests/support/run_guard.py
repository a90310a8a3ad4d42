"""A plugin of pytest that ends what a test run leaves behind, however it ends: `kill -9` too.

Every process that tests start inherits a mark in its environment. The guard outlives the run, and
kills what bears the mark. What has another environment (the parts of a stack, FFmpeg in its
sandbox) is tied to its own parent.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MARK = "FRAMEMILL_TEST_RUN"
_MOST_S = 10.0


_guards: "list[subprocess.Popen[bytes]]" = []


def pytest_configure(config: "pytest.Config") -> None:
    """Mark this process's children, and start the guard, which waits for the end of its input."""
    if hasattr(config, "workerinput"):  # one of several processes; the first one guards it
        return
    os.environ[MARK] = uuid.uuid4().hex
    guard = subprocess.Popen(
        [sys.executable, "-S", str(Path(__file__)), os.environ[MARK]],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _guards.append(guard)


def pytest_unconfigure() -> None:
    """The run is over."""
    while _guards:
        _guards.pop().communicate()


def marked(mark: str) -> list[int]:
    """Return the processes that bear a mark; one that has ended bears none."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is somebody else's
            if wanted in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


def main(mark: str) -> None:
    """Wait for the end of the run, then end what is left of it."""
    sys.stdin.buffer.read()
    deadline = time.monotonic() + _MOST_S
    while (left := marked(mark)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
