"""Keeps the stack up while it serves: what dies is brought back whole, but not for ever."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from embedded.console import complain
from embedded.errors import ComponentDied
from embedded.supervisor import Supervisor

_MOST_DEATHS = 5
_WINDOW_S = 60.0
_LONGEST_PAUSE_S = 5.0


def pause_before_restart(recent_deaths: int) -> float | None:
    """Return the seconds to wait after so many deaths within a minute; None: give up."""
    if recent_deaths > _MOST_DEATHS:
        return None
    return min(_LONGEST_PAUSE_S, 0.25 * 2**recent_deaths) if recent_deaths > 1 else 0.0


@dataclass
class _Recovery:
    """One server with the steps that are lost with it, on its way back.

    Attributes:
        unit: the server, then the steps.
        since: clock reading at the death that began it, seconds.
        due: clock reading at which the unit is begun; None while that is under way.
        at: which of the unit is waited for.
    """

    unit: list[str]
    since: float
    due: float | None = None
    at: int = 0


@dataclass
class Watch:
    """Looks after a running stack; `look` is called often and never waits.

    Attributes:
        supervisor: of the stack.
        interrupted: tells whether the person wants to stop: what still runs is killed, then, where
            it would have to be stopped in good order before it is begun again.
        pause: see `pause_before_restart`.
    """

    supervisor: Supervisor
    interrupted: Callable[[], bool]
    pause: Callable[[int], float | None] = pause_before_restart
    _under_way: dict[str, _Recovery] = field(default_factory=dict)
    _deaths: dict[str, deque[float]] = field(default_factory=dict)

    @property
    def recovering(self) -> frozenset[str]:
        """The servers that have died and are not whole again."""
        return frozenset(self._under_way)

    def look(self) -> None:
        """Take every recovery as far as it goes, and say what has died and what works again.

        A recovery is over when all of its unit is whole. Whatever of it fails before, the unit is
        begun again from its first component, after a pause.

        Raises:
            ComponentDied: a server keeps dying, or cannot be brought back.
        """
        for name in self.supervisor.dead():
            if name not in self._under_way:
                self._found_dead(name)
        for name, recovery in list(self._under_way.items()):
            try:
                if self._advance(name, recovery):
                    spent = time.monotonic() - recovery.since
                    complain(f"{name} works again after {spent:.1f} s.")
                    del self._under_way[name]
            except ComponentDied as error:
                self._plan(name, recovery, str(error))

    def _found_dead(self, name: str) -> None:
        now = time.monotonic()
        deaths = self._deaths.setdefault(name, deque())
        # Only here: within one recovery no failure is forgotten, however slowly they come.
        while deaths and deaths[0] < now - _WINDOW_S:
            deaths.popleft()
        self._under_way[name] = recovery = _Recovery(self.supervisor.unit(name), now)
        self._plan(name, recovery, self.supervisor.describe_end(name))

    def _plan(self, name: str, recovery: _Recovery, end: str) -> None:
        now = time.monotonic()
        self._deaths[name].append(now)
        pause = self.pause(len(self._deaths[name]))
        if pause is None:
            raise ComponentDied(f"{name} keeps failing, so everything is stopped. {end}")
        recovery.due = now + pause
        complain(f"{end}\n{name} is started again{f' in {pause:.1f} s' if pause else ''}.")

    def _advance(self, name: str, recovery: _Recovery) -> bool:
        """Do what can be done now; return whether the unit is whole."""
        if recovery.due is not None:
            # Begun before what it needs is whole, it would only die again.
            if time.monotonic() < recovery.due or self.supervisor.needs(name) & self.recovering:
                return False
            recovery.due, recovery.at = None, 0
            self.supervisor.begin(name, self.interrupted)
        if recovery.at and name in self.supervisor.dead():
            raise ComponentDied(self.supervisor.describe_end(name))
        if not self.supervisor.is_whole(recovery.unit[recovery.at]):
            return False
        recovery.at += 1
        if recovery.at == len(recovery.unit):
            return True
        self.supervisor.begin(recovery.unit[recovery.at], self.interrupted)
        return False
