"""How loud a sound is, second by second, and how much of one tone is in it."""

import math
from array import array
from collections.abc import Sequence

from tests.fidelity.judge.film import SOUND_RATE


def level(samples: Sequence[int]) -> float:
    """Return the root of the mean square."""
    return float((sum(each * each for each in samples) / max(len(samples), 1)) ** 0.5)


def per_second(samples: "array[int]") -> tuple[float, ...]:
    """Return the root mean square of each second, 32767 for a full square wave."""
    return tuple(level(samples[at : at + SOUND_RATE]) for at in range(0, len(samples), SOUND_RATE))


def of_tone(samples: "array[int]", hertz: int) -> float:
    """Return the share of a tone in the whole power: 1 for it alone, 0 for silence."""
    whole = sum(each * each for each in samples)
    if not whole:
        return 0.0
    turn = 2 * math.pi * hertz / SOUND_RATE
    real = sum(each * math.cos(turn * number) for number, each in enumerate(samples))
    imaginary = sum(each * math.sin(turn * number) for number, each in enumerate(samples))
    return 2 * (real**2 + imaginary**2) / (len(samples) * whole)
