"""The colours of the patches at the bottom of the test picture."""

from tests.fidelity.judge.disc import Disc
from tests.fidelity.judge.film import Still

Colour = tuple[int, int, int]
# Middles of the patches in the 1280 x 720 test picture, and what they are.
PATCHES: dict[str, tuple[tuple[int, int], Colour]] = {
    "red": ((130, 590), (200, 30, 30)),
    "green": ((290, 590), (30, 180, 30)),
    "blue": ((990, 590), (30, 30, 200)),
    "skin": ((1150, 590), (224, 160, 128)),
    "disc": ((640, 440), (235, 235, 235)),
}
_HALF = 30  # of the side of what is looked at, in pixels of the test picture


def hues(still: Still, disc: Disc) -> dict[str, Colour]:
    """Return the mean colour of each patch that is in the picture."""
    found = {}
    for name, ((x, y), _) in PATCHES.items():
        left, top = (round(each) for each in disc.at(x - _HALF, y - _HALF))
        right, bottom = (round(each) for each in disc.at(x + _HALF, y + _HALF))
        if left >= 0 and top >= 0 and right < still.width and bottom < still.height:
            found[name] = _mean(still, left, top, right + 1, bottom + 1)
    return found


def farthest(found: dict[str, Colour]) -> tuple[str, int]:
    """Return the patch that is farthest from its colour, and by how many levels."""
    distances = {
        name: max(abs(is_ - due) for is_, due in zip(colour, PATCHES[name][1], strict=True))
        for name, colour in found.items()
    }
    name = max(distances, key=distances.__getitem__)
    return name, distances[name]


def turned(found: dict[str, Colour]) -> list[str]:
    """Return the patches whose strongest colour is another one: red that became purple."""
    return [
        name
        for name, strongest in (("red", 0), ("green", 1), ("blue", 2))
        if name in found and _weight(found[name], strongest) < 2
    ]


def _weight(colour: Colour, strongest: int) -> float:
    others = [level for number, level in enumerate(colour) if number != strongest]
    return colour[strongest] / max(*others, 1)


def _mean(still: Still, left: int, top: int, right: int, bottom: int) -> Colour:
    rows = [
        still.rgb[3 * (y * still.width + left) : 3 * (y * still.width + right)]
        for y in range(top, bottom)
    ]
    count = (right - left) * (bottom - top)
    red, green, blue = (sum(sum(row[i::3]) for row in rows) // count for i in range(3))
    return red, green, blue
