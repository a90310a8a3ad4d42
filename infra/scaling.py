"""How many workers there should be. Pure: docs, tests and simulations use it too.

The load is the tasks of jobs that wait to be claimed or that a worker holds, as control counts them
in Postgres. A worker encodes one video at a time with all its cores, so as many workers are wanted
as there are such tasks, at most `worker_max`. The number follows from the load alone, not from how
many run already. So a figure of CloudWatch that comes a minute late cannot add to what is on its
way, and nothing is divided by a number of workers that may be zero.

The age of the oldest task is an alarm but no signal here: one task that nobody can end would have
the fleet grow for ever.
"""

import math
from dataclasses import dataclass

# Application Auto Scaling takes 20 steps in a policy.
_MOST_STEPS = 20
_EXACT = 6  # up to so many videos, one worker for each


@dataclass(frozen=True)
class Step:
    """From a load of `load` on, so many workers."""

    load: int
    workers: int


# Nothing is taken away sooner than this after the last change: one video seldom comes alone.
CALM_S = 600
# So long without anything to do, and the last worker goes.
IDLE_MINUTES = 10


def steps(most: int) -> list[Step]:
    """Return the steps up to `most` workers, by rising load.

    Few videos get a worker each. Beyond those the number is rounded up, by a third at the most up
    to some 250 workers and by half above, so that below `most` no video waits for another.
    """
    few = list(range(1, min(most, _EXACT) + 1))
    left = _MOST_STEPS - len(few)
    # The ratio between neighbours that lets the steps which are left reach the end.
    ratio = max(4 / 3, (most / _EXACT) ** (1 / left))
    more = [min(most, math.ceil(_EXACT * ratio**number)) for number in range(1, left + 1)]
    # Each number once: the last steps may all be `most`.
    numbers = sorted({*few, *(number for number in more if number > few[-1])})
    before = [0, *numbers[:-1]]
    return [Step(last + 1, workers) for last, workers in zip(before, numbers, strict=True)]


def wanted(load: int, most: int) -> int:
    """Return how many workers there should be for a load; 0 for none."""
    found = [step.workers for step in steps(most) if step.load <= load]
    return found[-1] if found else 0
