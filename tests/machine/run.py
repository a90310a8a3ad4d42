"""Runs the state machine with a number of examples and a seed."""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import Ground, MillMachine
from tests.support.settings import Settings


def search(product: Settings, *, examples: int, steps: int, seed: int) -> int:
    """Try so many examples; return how many steps of actors were taken in all.

    Args:
        product: settings with a database whose tables may be emptied.
        examples: each begins with empty tables.
        steps: rules of an example, at most.
        seed: of all choices; the database's own timing is not among them.

    Raises:
        AssertionError: something was not as it must be; with the history that led to it.
    """
    ground = Ground(product)

    class Machine(MillMachine):
        pass

    Machine.ground = ground
    try:
        run_state_machine_as_test(
            _seeded(Machine, seed),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                # A failure is told with its history. Shrinking would replay it with other timing.
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        ground.close()
    return ground.steps


def _seeded(machine: type[MillMachine], number: int) -> type[MillMachine]:
    seeded: type[MillMachine] = seed(number)(machine)
    return seeded
