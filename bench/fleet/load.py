"""Videos that arrive: when, and how long they are. Pure, and the same for the same seed."""

import math
import random
from array import array
from collections.abc import Callable
from dataclasses import dataclass

HOUR_S = 3600.0
MEAN_S = 480.0  # of the lengths below
_MEDIAN_S = 180.0
# Of the logarithm; with the tail cut at two hours it makes a mean of eight minutes.
_SIGMA = 1.54
_LONGEST_S = 7200.0


@dataclass(frozen=True)
class Load:
    """Videos in the order in which they were completed.

    Attributes:
        arrivals: seconds from the beginning.
        source_s: length of each in seconds.
    """

    arrivals: "array[float]"
    source_s: "array[float]"


def lengths(count: int, seed: int) -> "array[float]":
    """Return lengths in seconds: log-normal, median 3 minutes, mean 8, none above 2 hours.

    An assumption: few short clips, many of some minutes, and a long tail that has most of the work.
    What is cut off is drawn anew, so that no length is more frequent than its neighbours.
    """
    draw = random.Random(f"lengths {seed}")
    mu, made = math.log(_MEDIAN_S), array("d")
    while len(made) < count:
        length = draw.lognormvariate(mu, _SIGMA)
        if length <= _LONGEST_S:
            made.append(length)
    return made


def arrivals(
    rate: Callable[[float], float], highest: float, until_s: float, seed: int
) -> "array[float]":
    """Return the moments of a Poisson process whose rate changes, by thinning a faster one.

    Args:
        rate: videos an hour at a moment.
        highest: what `rate` never exceeds.
        until_s: seconds after which none arrives.
        seed: of the random numbers.
    """
    draw = random.Random(f"arrivals {seed}")
    moment, made = 0.0, array("d")
    while True:
        moment += draw.expovariate(highest / HOUR_S)
        if moment >= until_s:
            return made
        if draw.random() * highest < rate(moment):
            made.append(moment)


def load(rate: Callable[[float], float], highest: float, hours: float, seed: int) -> Load:
    """Return videos that arrive at a rate (videos an hour) for some hours."""
    moments = arrivals(rate, highest, hours * HOUR_S, seed)
    return Load(moments, lengths(len(moments), seed))
