"""Whether what is outside of the disc has one plain colour, as where it was transparent."""

from tests.fidelity.judge.disc import Disc
from tests.fidelity.judge.film import Still

_POINTS = 40  # a side
_CLEAR = 1.1  # radii of the disc


def spread(still: Still, disc: Disc) -> int:
    """Return by how many levels pixels outside of the disc differ at most."""
    seen: list[bytes] = []
    for row in range(_POINTS):
        for column in range(_POINTS):
            x = (2 * column + 1) * still.width // (2 * _POINTS)
            y = (2 * row + 1) * still.height // (2 * _POINTS)
            across = 2 * (x - disc.x) / disc.width
            down = 2 * (y - disc.y) / disc.height
            if across**2 + down**2 > _CLEAR**2:
                at = 3 * (y * still.width + x)
                seen.append(still.rgb[at : at + 3])
    return max((max(each) - min(each) for each in zip(*seen, strict=True)), default=0)
