"""One stack for all faults of a test process, apart from the one that other tests share."""

from collections.abc import Iterator

import pytest

from tests.faults.play import Ground, Play
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, small, unhurried
from tests.support.lanes import Rounds


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Postgres with its tables, Valkey, and the emulator with bucket and queues."""
    found = Ground.under(tmp_path_factory.mktemp("faults"))
    with found.stack:
        yield found


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest, ground: Ground, rounds: Rounds) -> Plays:
    """All that the module's chosen tests play."""
    asked = [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and hasattr(item, "callspec")
        and "scenario" in item.callspec.params
    ]
    return Plays(ground, [_play(rounds, **params) for params in asked])  # type: ignore[arg-type]


def _play(rounds: Rounds, scenario: Scenario, protection: Protection | None = None) -> Play:
    return unhurried(scenario, rounds) if protection is None else small(scenario, protection)
