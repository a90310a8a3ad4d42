"""Finds the light disc in the middle of the test picture: where it is tells where the rest is."""

from dataclasses import dataclass

from tests.fidelity.judge.film import Still

_ALIKE = 36  # levels; the ground is farther away, and coding blurs the edge
_LINES = 40  # so many rows and columns are looked at, often more
_NEAR = 8  # pixels
ROUND = 0.03  # the sides of a round thing differ by less


@dataclass(frozen=True)
class Disc:
    """Its middle and its sides, in pixels of the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def ratio(self) -> float:
        """Width over height: 1 if it is round."""
        return self.width / self.height

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point of the 1280 x 720 test picture, where the disc has 480."""
        return self.x + (x - 640) * self.width / 480, self.y + (y - 360) * self.height / 480


def disc_in(plane: bytes, width: int, height: int) -> Disc | None:
    """Find the disc in one colour of a picture, None if its middle is in nothing of that kind."""
    middle = plane[(height // 2) * width + width // 2]
    alike = bytes(int(abs(level - middle) <= _ALIKE) for level in range(256))
    marked = plane.translate(alike)
    rows = [marked[y * width : (y + 1) * width] for y in range(0, height, max(height // _LINES, 1))]
    # The black mark may hide the longest ones: the next must be near.
    columns = [marked[x::width] for x in range(0, width, min(max(width // _LINES, 1), _NEAR))]
    across, left = _longest(rows)
    down, top = _longest(columns)
    # What reaches from top to bottom is the ground, not the disc.
    if across < 4 or down < 8 or down >= height:
        return None
    # Not `across`: its sides may be cut off. Chords near its top and bottom tell the whole width.
    middle_y = top + down / 2
    widths = []
    for y in (round(top + down / 8), round(top + down * 7 / 8)):
        chord, _ = _longest([marked[y * width : (y + 1) * width]])
        up = (y + 0.5 - middle_y) / (down / 2)
        widths.append(chord / (1 - up**2) ** 0.5)
    return Disc(left + across / 2, middle_y, max(widths), down)


def disc_of(still: Still) -> Disc | None:
    """Find the disc of a whole picture."""
    return disc_in(still.plane(1), still.width, still.height)


def _longest(lines: list[bytes]) -> tuple[int, int]:
    """Return length and place of the longest run of ones."""
    best = max(max(map(len, line.split(b"\0"))) for line in lines)
    run = b"\1" * best
    return best, next(line.find(run) for line in lines if run in line)
