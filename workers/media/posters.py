"""Chooses the picture that stands for a film. Pure."""

from collections.abc import Mapping
from statistics import fmean, pstdev

from workers.media.plan import EncodePlan

_CANDIDATES = 10  # in the first half of the film
LOOK_WIDTH, LOOK_HEIGHT = 32, 18
_LOOK_BYTES = LOOK_WIDTH * LOOK_HEIGHT
# Means nearer to black or white than this, and spreads below that, count for less.
_DARK, _FLAT = 72, 28
# Where nobody knows how long it is, in seconds.
_EARLY_S = (1, 2, 4, 8, 16, 32)


def candidates(plan: EncodePlan) -> tuple[int, ...]:
    """Return the numbers of the output frames that may become the poster, the first one too.

    They rise, and none is there twice.
    """
    if plan.frame_count is None:
        return (0, *(round(seconds * plan.frame_rate) for seconds in _EARLY_S))
    half = plan.frame_count // 2
    return tuple(sorted({half * number // _CANDIDATES for number in range(_CANDIDATES + 1)}))


def best(sizes: Mapping[int, int], looks: bytes = b"") -> int | None:
    """Return which of some candidates shows most.

    All have the same quality and size, so what is blurred or half faded has fewer bytes as a JPEG:
    it has fewer edges. Writing on a dark ground has many; so what is dark, bright or flat as a
    whole counts for less. The first frame of a film is taken if there is no other.

    Args:
        sizes: bytes of each as a JPEG.
        looks: of each, in order, the brightness of `LOOK_WIDTH` x `LOOK_HEIGHT` places, 0 to 255.
    """

    def worth(number: int) -> float:
        look = looks[number * _LOOK_BYTES : (number + 1) * _LOOK_BYTES]
        if len(look) < _LOOK_BYTES:
            return sizes[number]
        mean, spread = fmean(look), pstdev(look)
        seen = min(mean / _DARK, (255 - mean) / _DARK, spread / _FLAT, 1.0)
        # Of pictures that all show nothing still the one with most in it.
        return sizes[number] * max(seen, 0.01) ** 2

    found = [number for number in sizes if number] or list(sizes)
    return max(found, key=worth, default=None)
