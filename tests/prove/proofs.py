"""What there is to prove."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults.scenarios import all_scenarios
from tests.support.product import PROJECT

FOLDERS = (
    "architecture", "contract", "e2e", "faults", "fidelity", "hostile", "infra", "integration",
    "machine", "overload", "security", "unit",
)  # fmt: skip
_NO_TESTS = 5  # pytest's status when a folder has nothing for this lane


@dataclass(frozen=True)
class Proof:
    """A command that shows something.

    Attributes:
        name: stable and unique.
        argv: the command; it ends with 0 when all that it shows is so.
        environment: variables beside those of this process.
        fine: other statuses with which it may end.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    fine: frozenset[int] = frozenset()


def names() -> list[str]:
    """Return the names of all proofs, in the order in which they are tried."""
    return [*all_scenarios(), *(f"tests/{folder}" for folder in FOLDERS)]


def proof(name: str, seed: int, results: Path) -> Proof:
    """Return the proof of a name.

    Args:
        name: one of `names`.
        seed: of whatever is left to chance.
        results: the folder in which it may leave what it counted.
    """
    if not name.startswith("tests/"):
        told = str(results / f"{name}.json")
        words = ["tests.faults", "--only", name, "--seed", str(seed), "--json", told]
        return Proof(name, (sys.executable, "-m", *words), {})
    words = ["pytest", name, "--lane", "prove", "--quiet"]
    spread = ["--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    seeds = {"FRAMEMILL_TEST_SEED": str(seed), "FAULTS_SEED": str(seed)}
    return Proof(name, (sys.executable, "-m", *words, *spread), seeds, frozenset({_NO_TESTS}))


def folders_with_tests() -> set[str]:
    """Return the folders of tests that are there; none may be without a proof."""
    found = (PROJECT / "tests").rglob("test_*.py")
    return {each.relative_to(PROJECT / "tests").parts[0] for each in found}
