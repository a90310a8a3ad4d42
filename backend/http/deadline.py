"""One deadline for a whole request, however many dependencies it asks.

Each dependency has timeouts of its own, which add up in one request. At the deadline running work
is cancelled: transactions roll back, and connections that were in use are closed. The answer does
not wait for that.
"""

import asyncio
from asyncio import Task, TimerHandle
from collections.abc import Callable

from starlette.types import Scope

_KEY = "framemill.deadline"


class Deadline:
    """Cancels the task that made it when the time of a request is over.

    Args:
        seconds: that the request may take.
        passed: called just before the task is cancelled.
    """

    def __init__(self, seconds: float, passed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: Task[object] | None = asyncio.current_task()
        self._seconds = seconds
        self._passed = passed
        self._timer: TimerHandle | None = self._loop.call_later(seconds, self._pass)
        self.has_passed = False

    def extend(self, seconds: float) -> None:
        """Give a request that takes long by its nature so many seconds from now."""
        self._seconds = max(self._seconds, seconds)
        if self._timer is not None:
            self.start()

    def stop(self) -> None:
        """Count no more: the answer has begun, or the client is still sending its request."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def start(self) -> None:
        """Count from now."""
        self.stop()
        if not self.has_passed:
            self._timer = self._loop.call_later(self._seconds, self._pass)

    def end(self) -> None:
        """Stop for good, within the task; take a cancellation back that was meant for it."""
        self.stop()
        if self.has_passed and self._task is not None:
            self._task.uncancel()
        self._task = None

    def _pass(self) -> None:
        self._timer = None
        if self._task is not None and not self._task.done():
            self.has_passed = True
            self._passed()
            self._task.cancel()


def put(scope: Scope, deadline: Deadline) -> None:
    """Have a request's deadline be found by `of`."""
    scope[_KEY] = deadline


def extend(scope: Scope, seconds: float) -> None:
    """Give a request so many seconds from now, if it has a deadline."""
    deadline: Deadline | None = scope.get(_KEY)
    if deadline is not None:
        deadline.extend(seconds)
