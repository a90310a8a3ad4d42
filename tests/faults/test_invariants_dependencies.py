"""Invariants that outlive a store, a disk and an FFmpeg that misbehave."""

import pytest

from tests.faults import i02_store_lies, i07_poison, i10_store_outage, i12_full_disk
from tests.faults.scenario import Protection, Scenario
from tests.faults.small_disk import NoSmallDisk
from tests.faults.suite import Plays, whole, without_each

SCENARIOS = (
    i02_store_lies.SCENARIO,
    i07_poison.SCENARIO,
    i10_store_outage.SCENARIO,
    i12_full_disk.SCENARIO,
)


@whole(*SCENARIOS)
def test_it_holds(plays: Plays, scenario: Scenario) -> None:
    try:
        plays.must_hold(scenario)
    except NoSmallDisk as reason:
        pytest.skip(str(reason))


@without_each(*SCENARIOS)
def test_it_is_noticed_when_a_protection_is_gone(
    plays: Plays, scenario: Scenario, protection: Protection
) -> None:
    try:
        plays.must_notice(scenario, protection)
    except NoSmallDisk as reason:
        pytest.skip(str(reason))
