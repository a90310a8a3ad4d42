"""Keeps the stack up while it serves: a part that dies is started again, but not for ever."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from embedded.console import complain
from embedded.errors import PartDied
from embedded.stack import Stack

_MOST_DEATHS = 5
_WINDOW_S = 60.0
_LONGEST_PAUSE_S = 5.0


def pause_before_restart(recent_deaths: int) -> float | None:
    """Return the seconds to wait after so many deaths within a minute; None: give up."""
    if recent_deaths > _MOST_DEATHS:
        return None
    return min(_LONGEST_PAUSE_S, 0.25 * 2**recent_deaths) if recent_deaths > 1 else 0.0


@dataclass
class _History:
    deaths: deque[float] = field(default_factory=deque)
    due: float | None = None


class Watch:
    """Looks after a running stack; `look` is called often."""

    def __init__(self, stack: Stack, interrupted: Callable[[], bool]) -> None:
        """Take the running stack; `interrupted` ends the wait for a part that was started again."""
        self._stack = stack
        self._interrupted = interrupted
        self._histories: dict[str, _History] = {}

    def look(self) -> None:
        """Report parts that have died, and start them again when their pause is over.

        Raises:
            PartDied: one keeps dying.
        """
        for name in self._stack.supervisor.dead():
            history = self._histories.setdefault(name, _History())
            if history.due is None:
                self._plan(name, history)
            elif time.monotonic() >= history.due:
                self._revive(name, history)

    def _plan(self, name: str, history: _History, why: str = "") -> None:
        now = time.monotonic()
        history.deaths.append(now)
        while history.deaths[0] < now - _WINDOW_S:
            history.deaths.popleft()
        end = why or self._stack.supervisor.describe_end(name)
        pause = pause_before_restart(len(history.deaths))
        if pause is None:
            raise PartDied(f"{name} keeps ending, so everything is stopped. {end}")
        complain(f"{end}\n{name} is started again.")
        history.due = now + pause

    def _revive(self, name: str, history: _History) -> None:
        history.due = None
        try:
            self._stack.restart(name, self._interrupted)
        except PartDied as error:
            self._plan(name, history, str(error))
