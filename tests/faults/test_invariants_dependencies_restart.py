"""Invariants that outlive a Postgres and a Redis that go away: each is played by itself."""

from tests.faults import i08_postgres_restart, i09_redis_lost
from tests.faults.play import Ground
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import must_hold, must_notice, whole, without_each
from tests.support.lanes import Rounds

RESTARTING = (i08_postgres_restart.SCENARIO, i09_redis_lost.SCENARIO)


@whole(*RESTARTING)
def test_it_holds(ground: Ground, scenario: Scenario, rounds: Rounds) -> None:
    must_hold(ground, scenario, rounds)


@without_each(*RESTARTING)
def test_it_is_noticed_when_a_protection_is_gone(
    ground: Ground, scenario: Scenario, protection: Protection
) -> None:
    must_notice(ground, scenario, protection)
