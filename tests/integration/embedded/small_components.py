"""Small real processes to supervise: they note what happens to them."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from embedded.component import Component

SERVER = """
import pathlib, signal, sys, time
events, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def note(what):
    with events.open("a") as file:
        file.write(f"{what} {name}\\n")
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if "stubborn" in name else stop)
note("started")
while True:
    time.sleep(60)
"""


class Bench:
    """Makes components and reads what they noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = folder / "events"
        self.events.touch()

    def component(
        self, name: str, *after: str, code: str = SERVER, step: bool = False
    ) -> Component:
        """Describe a component; one that is called stubborn does not end when it is asked to."""

        before = 0

        def prepare() -> None:
            nonlocal before
            before = len(self.events.read_text())

        def ready(_pid: int) -> bool:
            return f"started {name}\n" in self.events.read_text()[before:]

        return Component(
            name=name,
            argv=(sys.executable, "-c", code, str(self.events), name),
            env=dict(os.environ),
            log=self.folder / f"{name}.log",
            after=after,
            ready=None if step else ready,
            prepare=prepare,
            lost_with_need=step,
            grace=0.3 if "stubborn" in name else 5,
        )

    def lines(self) -> list[str]:
        return self.events.read_text().splitlines()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as a condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process is there that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
