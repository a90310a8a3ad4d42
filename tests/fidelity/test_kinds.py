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


def test_files_by_chance_come_out_right(
    shop: Workshop, steps: Steps, decoder: Decoder, rounds: Rounds, seed: int
) -> None:
    samples = random_samples(rounds(test=3, rest=10, prove=500), seed)
    tried = outcomes(samples, shop, steps, decoder)
    assert [f"{each.name}: {line}" for each in tried for line in each.wrong] == []
