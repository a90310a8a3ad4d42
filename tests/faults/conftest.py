"""One stack for all faults of a test process, apart from the one that other tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.play import Ground, Play
from tests.faults.scenario import Protection, Scenario
from tests.faults.suite import Plays, small, unhurried
from tests.support.lanes import Rounds

# The modules that take long, so that of two that are played at the same time one keeps the
# processors busy and the other one mostly waits. No result hangs on it.
_LONGEST = (
    "test_invariants_dependencies_restart",
    "test_invariants_workers",
    "test_invariants_dependencies",
    "test_invariants_messages",
    "test_invariants_soak",
    "test_invariants_uploads",
    "test_invariants_streams",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; what is not of this directory keeps its place."""
    here = Path(__file__).parent
    places = [number for number, item in enumerate(items) if item.path.parent == here]
    ordered = sorted((items[number] for number in places), key=_rank)
    for number, item in zip(places, ordered, strict=True):
        items[number] = item


def _rank(item: pytest.Item) -> int:
    name = item.path.stem
    return _LONGEST.index(name) if name in _LONGEST else len(_LONGEST)


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
