"""The table of promises is told to people as it is, and every promise is asked for."""

from pathlib import Path

import pytest

from embedded.bootstrap import ROOT
from tests.contract.targets import AWS, EMBEDDED, LOCALSTACK, NOT_KEPT, Promise


def told() -> dict[str, list[str]]:
    """The rows of the table in docs/stores.md: promise, then yes or no for each target."""
    lines = (ROOT / "docs" / "stores.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows if row[0] in {*Promise}}


def test_the_documentation_tells_this_table() -> None:
    assert told() == {
        promise: [
            "no" if promise in NOT_KEPT[target] else "yes" for target in (AWS, LOCALSTACK, EMBEDDED)
        ]
        for promise in Promise
    }


@pytest.mark.parametrize("promise", Promise, ids=lambda promise: promise.name)
def test_every_promise_is_asked_for(promise: Promise) -> None:
    tests = Path(__file__).parent.glob("test_*.py")
    assert any(f"relies_on(Promise.{promise.name})" in test.read_text() for test in tests)
