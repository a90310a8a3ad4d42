"""What is told of a sheet of a storyboard, beside its object. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """How small pictures of a film lie on a sheet: in rows, from the top left corner on.

    Attributes:
        start: when the first of them is, in seconds.
        step: seconds from one to the next.
        end: until when the last one stands, in seconds.
        tiles: how many there are; all of one size, without a gap.
        columns: how many lie side by side.
        width: of each, in pixels.
        height: of each, in pixels.
    """

    start: float
    step: float
    end: float
    tiles: int
    columns: int
    width: int
    height: int
