"""What the platform gives and takes: workers, and what happens to many of them at once."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class Worker:
    """One Fargate task.

    Attributes:
        spot: whether it can be taken away.
        launched: when it was asked for, which is about when it begins to cost.
        alive: until it is stopped or dies.
        up: whether it has started to receive.
        leaving: whether it had its notice and takes nothing new.
        runs: what it works on.
    """

    spot: bool
    launched: float
    alive: bool = True
    up: bool = False
    leaving: bool = False
    runs: list[Any] = field(default_factory=list)

    @property
    def takes(self) -> bool:
        """Whether it can begin something; that it has a free slot is the caller's to know."""
        return self.alive and self.up and not self.leaving


@dataclass(frozen=True)
class Shock:
    """Many workers go at once, and the platform has no others for a while.

    Attributes:
        at_s: when.
        share: of those that are struck, 0 to 1.
        back_s: for how long no more than what is left can run.
        with_notice: Spot workers only, with their notice; else a zone is lost: any worker, without.
        ends: it is the end of one, when capacity is back.
    """

    at_s: float
    share: float
    back_s: float
    with_notice: bool = False
    ends: bool = False

    @property
    def over_s(self) -> float:
        """When capacity is back."""
        return self.at_s + self.back_s
