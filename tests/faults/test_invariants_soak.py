"""A soak, which breaks everything that others would stand on: it is played by itself.

What it must notice is in `test_invariants_streams.py`.
"""

from tests.faults import i16_soak
from tests.faults.play import Ground
from tests.faults.scenario import Scenario
from tests.faults.suite import must_hold, whole
from tests.support.lanes import Rounds


@whole(i16_soak.SCENARIO)
def test_it_holds(ground: Ground, scenario: Scenario, rounds: Rounds) -> None:
    must_hold(ground, scenario, rounds)
