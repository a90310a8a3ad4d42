"""Counts what is left of fields: lines that differ from both neighbours, which are alike."""

from tests.fidelity.judge.film import Still

_STEP = 4  # every so manieth column is looked at
_FAR, _NEAR = 24, 12  # levels


def combed(still: Still) -> int:
    """Return how many pixels stand out from the lines above and below; estimated by a sample."""
    plane, width = still.plane(1), still.width
    return _STEP * sum(_in_column(plane[x::width]) for x in range(0, width, _STEP))


def _in_column(column: bytes) -> int:
    count = 0
    for above, here, below in zip(column, column[1:], column[2:], strict=False):
        # Most pixels are in a flat area: leave those at the first question.
        if not -_FAR < above - here < _FAR and abs(above - below) < _NEAR:
            count += 1
    return count
