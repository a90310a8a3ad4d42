"""A sample of the odd files, as `make fidelity` tries all of them."""

from pathlib import Path

import pytest

from tests.fidelity.bench import outcomes
from tests.fidelity.judge.decode import Decoder
from tests.fidelity.kinds import SAMPLES
from tests.fidelity.random_files import random_samples
from tests.fidelity.sample import NOT_YET, Sample
from tests.fidelity.transcode import Steps
from tests.fidelity.workshop import Workshop
from tests.support.lanes import Rounds

pytestmark = pytest.mark.thorough("makes, transcodes and decodes hundreds of films")

# Of what is in them FFmpeg can read as it arrives.
_PIPED = frozenset({".mp4", ".mov", ".mkv", ".webm", ".ts", ".m2ts", ".mts", ".flv"})
# A new shape of pixels is seen only in the whole file: docs/sources.md.
_WHOLE_ALONE = frozenset({"pixel-shape-midway.ts"})


@pytest.mark.sampled(20)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: f"{each.kind} {each.name}")
def test_it_comes_out_right(
    shop: Workshop, steps: Steps, decoder: Decoder, sample: Sample, tmp_path: Path
) -> None:
    if sample.least == NOT_YET:
        pytest.skip("a known fault")
    (outcome,) = outcomes([sample], shop, steps, decoder)
    if outcome.not_made:
        pytest.skip(outcome.not_made)
    assert outcome.wrong == ()


@pytest.mark.sampled(10)
@pytest.mark.parametrize(
    "sample",
    [
        each
        for each in SAMPLES
        if Path(each.name).suffix in _PIPED and each.least != NOT_YET
        if each.name not in _WHOLE_ALONE
    ],
    ids=lambda each: f"{each.kind} {each.name}",
)
def test_it_comes_out_right_as_it_arrives(
    shop: Workshop, piped_steps: Steps, decoder: Decoder, sample: Sample, tmp_path: Path
) -> None:
    (outcome,) = outcomes([sample], shop, piped_steps, decoder)
    if outcome.not_made:
        pytest.skip(outcome.not_made)
    assert outcome.wrong == ()


def test_a_plain_film_is_read_as_it_arrives(
    shop: Workshop, piped_steps: Steps, tmp_path: Path
) -> None:
    piped_steps(shop.film(tmp_path / "film.mp4", seconds=1), tmp_path / "out")
    log = piped_steps.worker.log
    assert "to be read as it arrives" in log
    assert "once more" not in log


def test_files_by_chance_come_out_right(
    shop: Workshop, steps: Steps, decoder: Decoder, rounds: Rounds, seed: int
) -> None:
    samples = random_samples(rounds(test=3, rest=10, prove=500), seed)
    tried = outcomes(samples, shop, steps, decoder)
    assert [f"{each.name}: {line}" for each in tried for line in each.wrong] == []
