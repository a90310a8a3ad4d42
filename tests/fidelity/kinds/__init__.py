"""The kinds of odd files, each in a module of its own."""

from tests.fidelity.kinds import (
    changes,
    clocks,
    codecs,
    colours,
    damage,
    edits,
    ends,
    fields,
    lengths,
    rates,
    shapes,
    shared,
    sounds,
    stills,
    tracks,
)
from tests.fidelity.sample import Sample

_MODULES = (
    ends, changes, shapes, lengths, clocks, codecs, sounds, colours, fields, tracks, rates, stills,
    damage, edits, shared,
)  # fmt: skip
SAMPLES: tuple[Sample, ...] = tuple(
    sample for module in _MODULES for kind in module.KINDS for sample in kind.samples
)
