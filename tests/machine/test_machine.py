"""The state machine, as long as a run of the tests can bear; `python -m tests.machine` for more."""

from embedded.stack import Stack
from tests.machine.run import search
from tests.support.settings import settings_of


def test_nothing_that_is_interleaved_breaks_the_rules(stack: Stack) -> None:
    assert search(settings_of(stack), examples=12, steps=50, seed=1) > 100
