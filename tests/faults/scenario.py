"""What a scenario is, and what comes out of one."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.faults.world import World


@dataclass(frozen=True)
class Protection:
    """Something in the product that keeps an invariant.

    Attributes:
        name: stable, for the ids of tests.
        removes: what the product does not do any more without it.
        mutations: their names in `tests/faults/mutations`.
        tries: with how many the scenario must notice; its small count when 0.
        focus: the kinds of tries that it is about, if the scenario makes several; see `World`.
    """

    name: str
    removes: str
    mutations: tuple[str, ...]
    tries: int = 0
    focus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How often the invariant held.

    Attributes:
        tried: how often it was put to the test.
        right: how often it held.
        worst_recovery_s: the longest that the product took to recover, where that is a question.
        notes: what went wrong, and other things to know.
    """

    tried: int
    right: int
    worst_recovery_s: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether it always did; nothing tried is nothing shown."""
        return self.tried > 0 and self.right == self.tried


@dataclass
class Tally:
    """Counts tries as they end."""

    tried: int = 0
    right: int = 0
    worst_s: float | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, faults: list[str], recovery_s: float | None = None) -> None:
        """Count a try; it was right if there is no fault to tell."""
        self.tried += 1
        self.right += not faults
        self.notes += faults
        if recovery_s is not None:
            self.worst_s = max(recovery_s, self.worst_s or 0.0)

    def outcome(self) -> Outcome:
        """Return what the tries come to."""
        return Outcome(self.tried, self.right, self.worst_s, tuple(self.notes))


Run = Callable[[World, int, random.Random], Awaitable[Outcome]]


@dataclass(frozen=True)
class Scenario:
    """A fault, and the invariant that must outlive it.

    Attributes:
        id: `I4`, as in the table of invariants.
        title: the invariant.
        full_count: tries of `make faults`.
        small_count: tries of `make test-all`.
        run: makes the tries.
        protections: what keeps the invariant; without any one of them `run` must notice.
        least_count: tries of `make test`.
    """

    id: str
    title: str
    full_count: int
    small_count: int
    run: Run
    protections: tuple[Protection, ...] = ()
    least_count: int = 1
