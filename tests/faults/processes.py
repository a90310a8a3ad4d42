"""The product's processes as a fault finds them: to be killed, stopped, continued, asked to end."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import warm


@dataclass
class Process:
    """An API (`backend`), control (`control`) or a worker (`workers`)."""

    kind: str
    popen: warm.Forked
    log: Path
    port: int = 0
    service_port: int = 0

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def address(self) -> str:
        """Where an API is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def service_address(self) -> str:
        """Where an API tells whether it is ready."""
        return f"http://127.0.0.1:{self.service_port}"

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def halted(self) -> bool:
        """Whether it stands still, as after SIGSTOP."""
        return self.alive and _status(self.pid)[0] == "T"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.alive:
            self.popen.send_signal(number)

    def kill(self) -> None:
        """End it as a crash of the machine would, and see it gone."""
        self.signal(signal.SIGKILL)
        self.popen.wait()

    async def ended(self, seconds: float) -> int | None:
        """Wait for it to end; return its exit status, None when it did not end in time."""
        for _ in range(round(seconds / 0.05)):
            if not self.alive:
                break
            await asyncio.sleep(0.05)
        return self.popen.poll()

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged under a name so far."""
        lines = self.log.read_text(errors="replace").splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in found if entry.get("event") == name]


def start(
    kind: str,
    mutations: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    port: int = 0,
) -> Process:
    """Start a service that dies with this process; see `mutations` for what may be changed."""
    complete = os.environ | dict(environment)
    return Process(kind, warm.start(kind, complete, log, mutations), log, port)


def _status(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name: the state, the parent and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def children(parent: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = _status(int(directory.name))
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(directory.name))
    return found


def working_in(place: Path) -> list[int]:
    """Return the processes whose working directory is under a place, removed or not."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            inside = (directory / "cwd").readlink().is_relative_to(place)
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
        if inside:
            found.append(int(directory.name))
    return found


def end(pid: int) -> None:
    """End a process that its parent should have ended."""
    os.kill(pid, signal.SIGKILL)
