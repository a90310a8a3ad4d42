"""The kinds of odd files, each in a module of its own."""

from tests.fidelity.kinds import (
    shared,
)
from tests.fidelity.sample import Sample

SAMPLES: tuple[Sample, ...] = tuple(
    sample for module in (shared,) for kind in module.KINDS for sample in kind.samples
)
