"""`python -m tests.faults.mutated NAME... -- backend|workers`: run a service with mutations.

Mutations that are not for this kind of service are passed over, so that one list does for a whole
world. See `tests/faults/mutations`.
"""

import importlib
import sys

from tests.faults.mutations import KINDS, find


def main(arguments: list[str]) -> int:
    """Apply the mutations, then be the service."""
    *names, separator, kind = arguments
    assert separator == "--", "the kind of service comes after --"
    assert kind in KINDS, kind
    for each in map(find, names):
        if kind in each.kinds:
            each.apply()
    status: int = importlib.import_module(f"{kind}.__main__").main()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
