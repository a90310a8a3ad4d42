"""Invariants that worker processes keep, however they end."""

from tests.faults import i04_killed_worker, i05_zombie, i06_drained_worker
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, whole, without_each

SCENARIOS = (i04_killed_worker.SCENARIO, i05_zombie.SCENARIO, i06_drained_worker.SCENARIO)


@whole(*SCENARIOS)
def test_it_holds(plays: Plays, scenario: Scenario) -> None:
    plays.must_hold(scenario)


@without_each(*SCENARIOS)
def test_it_is_noticed_when_a_protection_is_gone(
    plays: Plays, scenario: Scenario, protection: Protection
) -> None:
    plays.must_notice(scenario, protection)
