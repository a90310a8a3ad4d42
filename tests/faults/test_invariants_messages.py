"""Invariants that hold though messages are doubled or lost, and whoever sends them dies."""

from tests.faults import (
    i03_duplicate_messages,
    i11_disorder,
    i13_purged_queue,
    i17_owner_races,
    i18_killed_control,
)
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, whole, without_each

SCENARIOS = (
    i03_duplicate_messages.SCENARIO,
    i11_disorder.SCENARIO,
    i13_purged_queue.SCENARIO,
    i17_owner_races.SCENARIO,
    i18_killed_control.SCENARIO,
)


@whole(*SCENARIOS)
def test_it_holds(plays: Plays, scenario: Scenario) -> None:
    plays.must_hold(scenario)


@without_each(*SCENARIOS)
def test_it_is_noticed_when_a_protection_is_gone(
    plays: Plays, scenario: Scenario, protection: Protection
) -> None:
    plays.must_notice(scenario, protection)
