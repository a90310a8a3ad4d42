"""How loud a sound is, second by second, and how much of one tone is in it."""

import math
from array import array
from collections.abc import Sequence

from tests.fidelity.judge.film import SOUND_RATE

_PIECE = SOUND_RATE // 20  # samples; a tone may stop and begin anew


def level(samples: Sequence[int]) -> float:
    """Return the root of the mean square."""
    return float((sum(each * each for each in samples) / max(len(samples), 1)) ** 0.5)


def per_second(samples: "array[int]") -> tuple[float, ...]:
    """Return the root mean square of each second, 32767 for a full square wave."""
    return tuple(level(samples[at : at + SOUND_RATE]) for at in range(0, len(samples), SOUND_RATE))


def of_tone(samples: "array[int]", hertz: int) -> float:
    """Return the share of a tone in the whole power: 1 for it alone, 0 for silence."""
    whole = sum(each * each for each in samples)
    turn = 2 * math.pi * hertz / SOUND_RATE
    waves = [(math.cos(turn * number), math.sin(turn * number)) for number in range(_PIECE)]
    power = 0.0
    for at in range(0, len(samples), _PIECE):
        piece = samples[at : at + _PIECE]
        real = sum(each * wave[0] for each, wave in zip(piece, waves, strict=False))
        imaginary = sum(each * wave[1] for each, wave in zip(piece, waves, strict=False))
        power += 2 * (real**2 + imaginary**2) / len(piece)
    return power / whole if whole else 0.0
