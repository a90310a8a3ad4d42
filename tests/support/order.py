"""What takes longest comes first, so that two processes end together. No result hangs on it.

One process takes a file after the other (`--dist loadfile`). Of neighbours here one keeps the
processors busy and the other one mostly waits.
"""

from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parents[1]
_LONGEST = (
    "hostile/test_hostile_files.py",
    "faults/test_invariants_dependencies_restart.py",
    "e2e/test_workers.py",
    "faults/test_invariants_workers.py",
    "infra/test_checks.py",
    "faults/test_invariants_dependencies.py",
    "unit/page/test_page.py",
    "faults/test_invariants_messages.py",
    "integration/embedded/test_up.py",
    "faults/test_invariants_soak.py",
    "e2e/page/test_quality.py",
    "faults/test_invariants_uploads.py",
    "e2e/page/test_resume.py",
    "faults/test_invariants_streams.py",
    "e2e/page/test_sessions.py",
    "e2e/page/test_journey.py",
    "infra/test_emulator.py",
    "integration/embedded/test_stack.py",
    "security/test_floods.py",
    "security/test_document.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; everything else keeps its place."""
    ranks = {_TESTS / name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
