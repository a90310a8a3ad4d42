"""Scenarios as tests: the small count must hold, and must not without a protection."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from tests.faults.play import Ground, Play, play_all
from tests.faults.scenario import Outcome, Protection, Scenario
from tests.faults.timing import SMALL, UNHURRIED
from tests.support.lanes import Rounds

SEED = int(os.environ.get("FAULTS_SEED", "1"))  # the same in every run, so that a failure repeats
_AT_ONCE = 4

Test = TypeVar("Test", bound=Callable[..., None])
_ONCE_MORE = pytest.mark.thorough("plays an invariant once more for each protection taken away")
_OF_EACH_MODULE = 4

Key = tuple[str, str | None]  # of a scenario, and of the protection that is gone


def whole(*scenarios: Scenario) -> Callable[[Test], Test]:
    """Parametrize a test with scenarios."""
    each_of_them = pytest.mark.parametrize(
        "scenario", scenarios, ids=[each.id for each in scenarios]
    )

    def mark(test: Test) -> Test:
        marked: Test = each_of_them(test)
        return marked

    return mark


def without_each(*scenarios: Scenario) -> Callable[[Test], Test]:
    """Parametrize a test with scenarios and each of their protections."""
    pairs = [(each, protection) for each in scenarios for protection in each.protections]
    ids = [f"{each.id}-{protection.name}" for each, protection in pairs]
    each_pair = pytest.mark.parametrize(("scenario", "protection"), pairs, ids=ids)

    def mark(test: Test) -> Test:
        marked: Test = _ONCE_MORE(pytest.mark.sampled(_OF_EACH_MODULE)(each_pair(test)))
        return marked

    return mark


def small(scenario: Scenario, without: Protection) -> Play:
    """Return what a test plays without a protection."""
    return Play(scenario, without.tries or scenario.small_count, SMALL, SEED, without)


def unhurried(scenario: Scenario, rounds: Rounds) -> Play:
    """Return what a test plays whole: there is nothing to wait for in vain."""
    least, count = scenario.least_count, scenario.small_count
    return Play(scenario, rounds(test=least, rest=count, prove=count), UNHURRIED, SEED)


@dataclass
class Plays:
    """What the tests of a module have to play: played together, asked for one by one.

    Only for scenarios that leave the backing services alone: others play beside them.
    """

    ground: Ground
    wanted: Sequence[Play]
    _outcomes: dict[Key, Outcome | Exception] = field(default_factory=dict)

    def must_hold(self, scenario: Scenario) -> None:
        """The invariant held at each try."""
        judge_whole(scenario, self._outcome(scenario, None))

    def must_notice(self, scenario: Scenario, protection: Protection) -> None:
        """The scenario noticed that a protection is gone."""
        judge_without(protection, self._outcome(scenario, protection))

    def _outcome(self, scenario: Scenario, without: Protection | None) -> Outcome:
        if not self._outcomes:
            found = play_all(self.ground, self.wanted, _AT_ONCE)
            self._outcomes = {
                _key(each.scenario, each.without): outcome
                for each, outcome in zip(self.wanted, found, strict=True)
            }
        outcome = self._outcomes[_key(scenario, without)]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _key(scenario: Scenario, without: Protection | None) -> Key:
    return scenario.id, without.name if without else None


def must_hold(ground: Ground, scenario: Scenario, rounds: Rounds) -> None:
    """Play a scenario small, by itself; it must hold each time."""
    judge_whole(scenario, _alone(ground, unhurried(scenario, rounds)))


def must_notice(ground: Ground, scenario: Scenario, protection: Protection) -> None:
    """Play a scenario without a protection, by itself; it must notice."""
    judge_without(protection, _alone(ground, small(scenario, protection)))


def _alone(ground: Ground, wanted: Play) -> Outcome:
    (outcome,) = play_all(ground, [wanted], at_once=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def judge_whole(scenario: Scenario, outcome: Outcome) -> None:
    """Fail when an invariant did not hold at each try."""
    print(f"{scenario.id}, seed {SEED}: {outcome}")  # noqa: T201 - shown when it fails
    assert outcome.held, "\n".join(outcome.notes)


def judge_without(protection: Protection, outcome: Outcome) -> None:
    """Fail when each try was right: a test that cannot fail would show nothing."""
    print(f"without {protection.name}, seed {SEED}: {outcome}")  # noqa: T201 - shown when it fails
    assert outcome.tried > 0
    assert outcome.right < outcome.tried, f"nobody noticed: {protection.removes}"
