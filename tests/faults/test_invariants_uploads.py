"""Invariants of uploads, however they end."""

from tests.faults import i01_killed_api, i14_abandoned_upload
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, whole, without_each

SCENARIOS = (i01_killed_api.SCENARIO, i14_abandoned_upload.SCENARIO)


@whole(*SCENARIOS)
def test_it_holds(plays: Plays, scenario: Scenario) -> None:
    plays.must_hold(scenario)


@without_each(*SCENARIOS)
def test_it_is_noticed_when_a_protection_is_gone(
    plays: Plays, scenario: Scenario, protection: Protection
) -> None:
    plays.must_notice(scenario, protection)
