"""Ends what a supervisor leaves behind when it is killed.

The kernel tells each component to end when its supervisor dies. One that is stopped, hangs or
ignores that would stay, with its port and its memory. The guard is a process that outlives the
supervisor by just as long as it takes to end them, and holds its directory for so long.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_GRACE_S = 8.0


class Guard:
    """The supervisor's end: tells the guard which processes there are; started with the first."""

    _process: subprocess.Popen[bytes] | None = None

    def note(self, pids: Iterable[int], lock: int) -> None:
        """Say which processes are to go with this one, and what is locked until they have gone."""
        if self._process is None:
            self._process = subprocess.Popen(
                # Without site: it needs the standard library only, and is there at once.
                [sys.executable, "-S", "-m", "embedded.guard"],
                cwd=_ROOT,
                env={},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                pass_fds=(lock,),
                # A Ctrl-C is for the supervisor; what becomes of the guard, the end of the pipe
                # says.
                start_new_session=True,
            )
        births = {pid: birth_of(pid) for pid in pids}
        # Without a guard the components are still tied to this process by the kernel.
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(births).encode() + b"\n")

    def close(self) -> None:
        """Nothing is left to guard."""
        if self._process is not None:
            self._process.communicate(b"{}\n")
            self._process = None


def _end(births: Mapping[int, str]) -> None:
    """Wait for processes that the kernel has already told to end; kill those that do not.

    Each leads a group of its own; what is left of the group goes as well.
    """
    deadline = time.monotonic() + _GRACE_S
    leaders = left = _living(births)
    while left:
        if time.monotonic() > deadline:
            _kill_groups(left)
        time.sleep(0.02)
        left = _living(left)
    _kill_groups(leaders)


def _living(births: Mapping[int, str]) -> dict[int, str]:
    return {pid: birth for pid, birth in births.items() if birth and birth_of(pid) == birth}


def _kill_groups(leaders: Iterable[int]) -> None:
    for pid in leaders:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def birth_of(pid: int) -> str:
    """Return when a process was started (clock ticks), which tells it from a later namesake.

    Empty text stands for one that has ended.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start = fields[0], fields[19]  # proc(5), counted from the state
    return "" if state == "Z" else start


def main() -> None:
    """Listen until the supervisor has gone, then end what it named last."""
    births: dict[int, str] = {}
    for line in sys.stdin:
        # The last one is cut short when its writer dies in it.
        with contextlib.suppress(ValueError):
            births = {int(pid): birth for pid, birth in json.loads(line).items()}
    _end(births)


if __name__ == "__main__":
    main()
