"""Invariants of the streams that tell of changes, and what a soak must notice."""

from tests.faults import i15_stream_heals, i16_soak
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, whole, without_each

SCENARIOS = (i15_stream_heals.SCENARIO,)
# A whole soak restarts what others stand on. Without its protection it has no need to, and as it
# mostly waits in vain it is played beside the others.
SOAK = i16_soak.SCENARIO


@whole(*SCENARIOS)
def test_it_holds(plays: Plays, scenario: Scenario) -> None:
    plays.must_hold(scenario)


@without_each(SOAK, *SCENARIOS)
def test_it_is_noticed_when_a_protection_is_gone(
    plays: Plays, scenario: Scenario, protection: Protection
) -> None:
    plays.must_notice(scenario, protection)
