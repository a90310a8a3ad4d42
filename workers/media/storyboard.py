"""Plans a storyboard: small pictures of a film side by side on sheets. Pure."""

from dataclasses import dataclass
from math import ceil

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan

SIDE = 160  # pixels of the longer side of a tile
_STEP_S = 1  # between two tiles, at the least
# A bar of 800 pixels shows no more than that.
_MOST_EXPECTED = 400
_COLUMNS, _ROWS = 10, 10
_UNKNOWN_STEP_S = 10  # where nobody knows how long it is
# A header may say too little. Of what is five times as long the beginning has a storyboard.
_MOST_TILES = 2000


@dataclass(frozen=True, slots=True)
class Storyboard:
    """One storyboard to make.

    Attributes:
        width: of a tile, in pixels; even.
        height: of a tile, in pixels; even.
        columns: tiles side by side on a sheet.
        rows: of tiles on a sheet.
        step: frames of the film from one tile to the next.
        most: tiles at the most.
    """

    width: int
    height: int
    columns: int
    rows: int
    step: int
    most: int = _MOST_TILES

    @property
    def on_sheet(self) -> int:
        """Tiles that a sheet has room for."""
        return self.columns * self.rows

    def sheets(self, frames: int) -> list[int]:
        """Return how many tiles each sheet of a film of so many frames has."""
        tiles = min(ceil(frames / self.step), self.most)
        return [min(self.on_sheet, tiles - at) for at in range(0, tiles, self.on_sheet)]


def storyboard_of(plan: EncodePlan | AudioPlan) -> Storyboard | None:
    """Return the storyboard of a plan, if it is to have one: of its smallest picture."""
    if isinstance(plan, AudioPlan) or not plan.storyboard:
        return None
    smallest = plan.renditions[-1]
    least = min(SIDE / max(smallest.width, smallest.height), 1.0)
    length = plan.duration if plan.duration is not None else plan.total_duration
    seconds = _UNKNOWN_STEP_S if length is None else max(ceil(length / _MOST_EXPECTED), _STEP_S)
    step = max(round(seconds * plan.frame_rate), 1)
    frames = plan.frame_count
    expected = _COLUMNS * _ROWS if frames is None else max(ceil(frames / step), 1)
    return Storyboard(
        width=_even(smallest.width * least),
        height=_even(smallest.height * least),
        columns=min(_COLUMNS, expected),
        rows=min(_ROWS, ceil(expected / _COLUMNS)),
        step=step,
    )


def _even(pixels: float) -> int:
    return max(2 * round(pixels / 2), 2)
