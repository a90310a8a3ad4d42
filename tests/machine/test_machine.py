"""The state machine, as long as a lane can bear; `python -m tests.machine` takes longer."""

from collections.abc import Callable

from embedded.stack import Stack
from tests.machine.run import search
from tests.support.lanes import Rounds
from tests.support.settings import settings_of


def test_nothing_that_is_interleaved_breaks_the_rules(
    stack: Stack, rounds: Rounds, seed: int, figure: Callable[[str, object], None]
) -> None:
    examples = rounds(test=5, rest=40, prove=400)
    steps = search(settings_of(stack), examples=examples, steps=50, seed=seed)
    figure("state machine: steps in any order, nothing broken", steps)
    assert steps > examples * 10
