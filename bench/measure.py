"""What goes into a measure and what comes out."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """What a person chose.

    Attributes:
        film: the film for the measures that are about transcoding.
        quick: as few repetitions as show that it works.
    """

    film: Path
    quick: bool


@dataclass(frozen=True)
class Measured:
    """The outcome of a measure.

    Attributes:
        figures: values by key; seconds, megabytes (10^6 bytes) or plain ratios, as the key says.
        samples: everything they were computed from.
        notes: sentences that a reader of the figures should know.
    """

    figures: dict[str, float]
    samples: dict[str, Any]
    notes: Sequence[str] = field(default=())


def median_ratio(over: Iterable[float], under: Iterable[float]) -> float:
    """Return the median of the ratios of each pair, so that slow drift cancels out."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank) - 1, 0)]
