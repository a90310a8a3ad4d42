"""Lanes: which tests run when, and how often. `tests/conftest.py` makes a plugin of this module.

    make test        --lane test    everything that is not marked `thorough`
    make test-all    --lane all     that and `thorough`, of which large sets are sampled
    make test-rest   --lane rest    what `make test` left out: .ci/run has both
    make prove       --lane prove   what a sample left out, and full counts

Without `--lane` whatever is named on the command line runs, and nothing is sampled. A test is put
into the other lane where it stands, with the reason:

    pytestmark = pytest.mark.thorough("encodes every clip in every shape")

    @pytest.mark.sampled(8)  # of its parameters; make prove runs them all
    @pytest.mark.parametrize(...)

Whole folders that are of the other lane are in `_FOLDERS` below.

What makes as many tries as there is time for asks the fixture `rounds` how many those are, and has
a place in each lane: `for _ in range(rounds(test=2, rest=20, prove=500))`.

Which of a set are chosen, and the fixture `seed`, follow from FRAMEMILL_TEST_SEED: the day, unless
it is set. It is printed at the beginning.
"""

import os
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

_SEED = "FRAMEMILL_TEST_SEED"
_TESTS = Path(__file__).resolve().parents[1]
# Folders in which every test is `thorough`, and why.
_FOLDERS = {
    "contract": "what emulators promise changes with them, not with us",
    "infra": "templates of every size, and a cluster's",
    "overload": "more than there is room for",
}
# In other lanes than `prove` a machine may be slow, and others may be at work on it.
_LOOSE = 15


class Lane(StrEnum):
    """What runs; see above."""

    NAMED = "named"
    TEST = "test"
    REST = "rest"
    ALL = "all"
    PROVE = "prove"


Rounds = Callable[..., int]
InTime = Callable[[str, float, float], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be of one lane."""
    parser.getgroup("lanes", "which tests run when").addoption(
        "--lane", type=Lane, choices=list(Lane), default=Lane.NAMED, help="tests/support/lanes.py"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Settle the seed before there are other processes: they inherit it."""
    config.addinivalue_line("markers", "thorough(reason): not of `make test`; see lanes.py")
    config.addinivalue_line("markers", "sampled(count): so many of its parameters; see lanes.py")
    os.environ.setdefault(_SEED, f"{datetime.now(UTC):%Y%m%d}")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what runs."""
    return f"lane: {lane_of(config)}, {_SEED}={os.environ[_SEED]}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not of the lane."""
    lane = lane_of(config)
    kept = {id(item) for item in of_lane(lane, items)}
    if lane in (Lane.TEST, Lane.REST, Lane.ALL):
        kept &= {id(item) for item in sample(int(os.environ[_SEED]), items)}
    left = [item for item in items if id(item) not in kept]
    if left:
        items[:] = [item for item in items if id(item) in kept]
        config.hook.pytest_deselected(items=left)


def lane_of(config: pytest.Config) -> Lane:
    """Return the lane of a run."""
    return Lane(config.getoption("--lane"))


def of_lane(lane: Lane, items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests of a lane; of those that are sampled, all.

    Raises:
        pytest.UsageError: a test does not say why it is `thorough`.
    """
    thorough = set()
    for item in items:
        for marker in item.iter_markers("thorough"):
            if len(marker.args) != 1 or not isinstance(marker.args[0], str):
                raise pytest.UsageError(f"{item.nodeid}: thorough(reason) has one reason")
            thorough.add(id(item))
        if _folder(item) in _FOLDERS:
            thorough.add(id(item))
    if lane is Lane.TEST:
        return [item for item in items if id(item) not in thorough]
    if lane is Lane.REST:
        return [item for item in items if id(item) in thorough or _uses(item, "rounds")]
    if lane is Lane.PROVE:
        return [
            item
            for item in items
            if id(item) in thorough
            or item.get_closest_marker("sampled")
            or _uses(item, "rounds", "in_time")
        ]
    return items


def _folder(item: pytest.Item) -> str:
    inside = item.path.is_relative_to(_TESTS)
    return item.path.relative_to(_TESTS).parts[0] if inside else ""


def _uses(item: pytest.Item, *fixtures: str) -> bool:
    return not {*fixtures}.isdisjoint(getattr(item, "fixturenames", ()))


def sample(seed: int, items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests without those that a `sampled` set has too many of."""
    sets = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled"):
            sets[item.nodeid.partition("[")[0]].append(item)
    left: set[int] = set()
    for name, members in sets.items():
        marker = members[0].get_closest_marker("sampled")
        assert marker is not None
        (count,) = marker.args
        spare = max(0, len(members) - count)
        # By name too: sets of the same size should not always give up the same places.
        chosen = random.Random(f"{seed} {name}").sample(members, spare)
        left |= {id(item) for item in chosen}
    return [item for item in items if id(item) not in left]


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> Rounds:
    """Tells how many tries the lane has time for: `rounds(test=2, rest=20, prove=500)`."""
    lane = lane_of(pytestconfig)

    def count(*, test: int, rest: int, prove: int) -> int:
        return {Lane.PROVE: prove, Lane.REST: rest, Lane.ALL: rest}.get(lane, test)

    return count


@pytest.fixture(scope="session")
def seed() -> int:
    """Of whatever a test leaves to chance: the same for the whole run, and printed."""
    return int(os.environ[_SEED])


@pytest.fixture
def in_time(pytestconfig: pytest.Config, figure: Callable[[str, object], None]) -> InTime:
    """Holds the product to a promise about time: `in_time("a cancelled film stops", took, 2)`.

    To the letter in `make prove`, which has a machine for itself; elsewhere it is a figure, and
    only what no slow machine explains is an error.
    """
    strict = lane_of(pytestconfig) is Lane.PROVE

    def judge(what: str, took_s: float, within_s: float) -> None:
        figure(f"{what}, in s; promised: {within_s:g}", f"{took_s:.2f}")
        assert took_s < within_s * (1 if strict else _LOOSE), f"{what} took {took_s:.1f} s"

    return judge
