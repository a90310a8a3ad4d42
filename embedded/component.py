"""One process of the stack: how it is started, and how one knows that it is ready."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_CHILD = Path(__file__).with_name("child.py")
_LOG_LIMIT = 5_000_000  # bytes; a longer log is set aside when its process starts


@dataclass(frozen=True)
class Identity:
    """A user; with `reach` it may pass directories that are closed to it."""

    uid: int
    gid: int
    reach: bool = False


@dataclass(frozen=True)
class Component:
    """A process, or a step that must end with 0 before those that come after it.

    Attributes:
        argv: command with an absolute program.
        env: the whole environment.
        after: names of components that must be ready before it starts.
        ready: tells, given the process id, whether it serves; None for a step.
        prepare: called before each start.
        stop_signal: asks it to end in good order.
        grace: seconds it gets for that before it is killed.
        death_signal: sent by the kernel when the supervisor is killed.
        lost_with_need: for a step: it has to be taken again when a need of it was started again.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    after: tuple[str, ...] = ()
    ready: Callable[[int], bool] | None = None
    prepare: Callable[[], None] | None = None
    identity: Identity | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 2.0
    death_signal: signal.Signals = signal.SIGTERM
    lost_with_need: bool = False


def spawn(component: Component) -> subprocess.Popen[bytes]:
    """Start the component's process in a session of its own.

    Its own session keeps a Ctrl-C at the terminal from reaching every process at once; the order of
    stopping is the supervisor's. Must be called from a thread that lives as long as the process:
    the kernel ties the child to the thread that forked it.
    """
    if component.prepare is not None:
        component.prepare()
    path = component.log
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    with path.open("ab") as log:
        return subprocess.Popen(
            wrapped(component.argv, component.identity, component.death_signal),
            env=dict(component.env),
            cwd=component.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wrapped(
    argv: tuple[str, ...],
    identity: Identity | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> list[str]:
    """Return the command that runs `argv` through the exec helper."""
    user = identity or Identity(0, 0)
    numbers = (os.getpid(), int(death_signal), user.uid, user.gid, int(user.reach))
    return [sys.executable, "-I", "-S", str(_CHILD), *map(str, numbers), "--", *argv]


def log_tail(log: Path) -> str:
    """Return the last 15 lines of a log, indented; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            tail = file.read().decode(errors="replace").splitlines()[-15:]
    except OSError:
        return ""
    return "\n".join("    " + line for line in tail)
