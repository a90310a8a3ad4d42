"""Starts the components in the order of their needs, watches them, and stops them in reverse."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from embedded.component import Component, log_tail, spawn
from embedded.errors import ComponentDied, StackError, explain

_POLL_S = 0.01
_READY_S = 120.0


@dataclass
class Running:
    """A started component; `swept` once it has ended and its process group was cleared."""

    component: Component
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    swept: bool = False


Report = Callable[[str, float], None]


class Supervisor:
    """Runs a set of components. Not thread-safe: use it from the thread that made it."""

    def __init__(
        self,
        components: Iterable[Component],
        report: Report = lambda _name, _seconds: None,
        changed: Callable[[Iterable[int]], None] = lambda _pids: None,
    ) -> None:
        """Take the components, in any order.

        `report` gets the name and the seconds of each that becomes ready in `start`; `changed` gets
        all process ids whenever a process was started.
        """
        self._components = {component.name: component for component in components}
        self._running: dict[str, Running] = {}
        self._report = report
        self._changed = changed

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by the name of the component, of those that have not ended."""
        return {
            name: running.process.pid
            for name, running in self._running.items()
            if _exit_code(running) is None
        }

    def start(
        self, timeout: float = _READY_S, interrupted: Callable[[], bool] = lambda: False
    ) -> bool:
        """Start every component, each as soon as what it needs is ready, and wait until all are.

        Each has `timeout` seconds. False when `interrupted`, which is asked often, was true.

        Raises:
            ComponentDied: a component ended or was not ready in time.
        """
        while not all(self._is_ready(name) for name in self._components):
            if interrupted():
                return False
            for name, component in self._components.items():
                if name not in self._running and all(map(self._is_ready, component.after)):
                    self.begin(name)
            for name, running in self._running.items():
                if not running.ready and self.is_whole(name, timeout):
                    self._report(name, time.monotonic() - running.started)
            for name in self.dead():
                # Components that need it would only wait, and look broken.
                raise ComponentDied(self.describe_end(name))
            time.sleep(_POLL_S)
        return True

    def unit(self, name: str) -> list[str]:
        """Return a component and the steps whose work is lost with it, as they are begun again."""
        all_ = self._components.values()
        return [name, *(each.name for each in all_ if each.lost_with_need and name in each.after)]

    def needs(self, name: str) -> set[str]:
        """Return the components that a component needs, directly or through others."""
        direct = [need for need in self._components[name].after if need in self._components]
        return set(direct).union(*map(self.needs, direct))

    def begin(self, name: str, hurry: Callable[[], bool] = lambda: False) -> None:
        """Start a component without waiting. If it still runs it is stopped first; see `stop`.

        Raises:
            ComponentDied: it could not be started.
        """
        self.stop([name], hurry)
        component = self._components[name]
        try:
            self._running[name] = Running(component, spawn(component))
        except StackError as error:
            raise ComponentDied(str(error)) from None
        except OSError as error:
            raise ComponentDied(f"{name} could not be started: {explain(error)}.") from None
        self._changed(self.pids.values())

    def is_whole(self, name: str, timeout: float = _READY_S) -> bool:
        """Tell whether a component that was begun serves by now, or as a step has ended well.

        Raises:
            ComponentDied: it ended, or is not ready though it was begun `timeout` seconds ago.
        """
        running = self._running[name]
        component, code = running.component, _exit_code(running)
        if component.ready is None:
            running.ready = code == 0
        elif code is None:
            running.ready = running.ready or component.ready(running.process.pid)
        if code is not None and (component.ready is not None or code != 0):
            raise ComponentDied(self.describe_end(name))
        if not running.ready and time.monotonic() - running.started > timeout:
            raise ComponentDied(_describe(component, f"was not ready within {timeout:.0f} seconds"))
        return running.ready

    def dead(self) -> list[str]:
        """Return the names of the servers that have ended although nobody stopped them."""
        return [
            name
            for name, running in self._running.items()
            if running.component.ready is not None and _exit_code(running) is not None
        ]

    def describe_end(self, name: str) -> str:
        """Say how a component ended, with the tail of its log."""
        code = _exit_code(self._running[name]) or 0
        how = f"ended with status {code}"
        if code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        return _describe(self._components[name], how)

    def stop(
        self, names: Iterable[str] | None = None, hurry: Callable[[], bool] = lambda: False
    ) -> None:
        """Stop components (all by default), those that need others first; kill what does not end.

        `hurry` is asked often; when it is true everything is killed at once.
        """
        wanted = self._running if names is None else names
        left = {name: self._running[name] for name in wanted if name in self._running}
        asked: dict[str, float] = {}
        while left:
            for name, running in list(left.items()):
                if _exit_code(running) is not None:
                    del left[name], self._running[name]
                elif hurry() or (name in asked and asked[name] < time.monotonic()):
                    _signal_group(running.process, signal.SIGKILL)
                elif name not in asked and not any(name in self.needs(other) for other in left):
                    asked[name] = time.monotonic() + running.component.grace
                    _signal_group(running.process, running.component.stop_signal)
            time.sleep(_POLL_S if left else 0)

    def _is_ready(self, name: str) -> bool:
        # A need that is not component of this stack is somebody else's and taken to be there.
        if name not in self._components:
            return True
        running = self._running.get(name)
        return running is not None and running.ready


def _exit_code(running: Running) -> int | None:
    code = running.process.poll()
    if code is not None and not running.swept:
        # Whatever it left behind in its group goes too; once, since the number is used again later.
        running.swept = True
        _signal_group(running.process, signal.SIGKILL)
    return code


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _describe(component: Component, what: str) -> str:
    tail = log_tail(component.log)
    return f"{component.name} {what}; its log is {component.log}" + (f":\n{tail}" if tail else ".")
