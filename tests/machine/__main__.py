"""`python -m tests.machine --steps 20000 --seed 7`: the state machine for so many steps."""

import argparse
import logging
import random
import tempfile
import time
from pathlib import Path

import structlog

from embedded.stack import BACKING, Stack
from tests.faults.mutations import find
from tests.machine.run import search
from tests.support.settings import settings_of

_EXAMPLES = 10


def main() -> int:
    """Run it; a fault is raised with its history."""
    parser = argparse.ArgumentParser(prog="python -m tests.machine")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--without", action="append", default=[], help="a mutation; see faults")
    options = parser.parse_args()
    # What the product has to say of all that is done to it would hide what we say.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for name in options.without:
        find(name).apply()
    print(f"seed {options.seed}")
    with (
        tempfile.TemporaryDirectory() as directory,
        Stack(Path(directory), BACKING | {"migrate"}) as stack,
    ):
        product, steps, begun, seed = settings_of(stack), 0, time.monotonic(), options.seed
        while steps < options.steps:
            steps += search(product, examples=_EXAMPLES, steps=50, seed=seed)
            seed += 1
            print(f"{steps} steps in {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
