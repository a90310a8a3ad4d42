"""Services that start at once: each is a fork of one process that has imported all of it.

Importing the product takes a second or two of a processor, and tests start it hundreds of times.
What comes out of a fork is a process like any other: a session, an environment and a log of its
own, to be killed, stopped and continued. Two things differ: its parent is the fork server, and
/proc shows the command line and the environment of that one.
"""

import atexit
import ctypes
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from embedded.component import wrapped

SERVICES = ("backend", "control", "workers")
MIGRATIONS = "core.migrations"
_PR_SET_PDEATHSIG = 1
# As an interpreter finds them that a terminal has not touched.
_HANDLERS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGPIPE: signal.SIG_IGN,
}
_IMPORTED = [f"{each}.__main__" for each in (*SERVICES, MIGRATIONS)]


class Forked:
    """A service that was forked; what it can do is named as in `subprocess.Popen`."""

    def __init__(self, process: BaseProcess) -> None:
        """Take a process that was started."""
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end; None when it did not come within `timeout` seconds."""
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Running(Protocol):
    """A service that was started, warm or cold."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int | None: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...


def start_cold(
    service: str, environment: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start a service as its users do, in an interpreter of its own; see `start`."""
    with log.open("wb") as output:
        return subprocess.Popen(
            wrapped((sys.executable, "-m", service), death_signal=signal.SIGKILL),
            env=dict(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def start(
    service: str,
    environment: Mapping[str, str],
    log: Path,
    mutations: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> Forked:
    """Start a service; it dies with the tests.

    Args:
        service: one of `SERVICES`, or `MIGRATIONS`.
        environment: all of it.
        log: where its output goes; begun anew.
        mutations: of the product; see `tests/faults/mutations`.
        arguments: of its command line.
    """
    log.write_bytes(b"")  # it is there to be read at once
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(_IMPORTED)
    process = server.Process(
        target=_serve,
        args=(service, dict(environment), str(log), tuple(mutations), tuple(arguments)),
        daemon=True,  # the tests do not wait for it when they are over
    )
    process.start()
    return Forked(process)


def _serve(
    service: str,
    environment: dict[str, str],
    log: str,
    mutations: tuple[str, ...],
    arguments: tuple[str, ...],
) -> None:
    """Be the service; this is what the new process runs."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    # As for any program that is started: also what keeps the fork server alive.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for number, handler in _HANDLERS.items():
        signal.signal(number, handler)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    sys.argv = [service, *arguments]
    if mutations:
        importlib.import_module("tests.faults.mutations").mutate(service, mutations)
    status = importlib.import_module(f"{service}.__main__").main()
    atexit._run_exitfuncs()  # a fork leaves without: lines of the log may be waiting
    sys.exit(status)
