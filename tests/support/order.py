"""What takes longest comes first, so that two processes end together. No result hangs on it.

One process takes a file after the other (`--dist loadfile`). Files that want the same stack stay
together in one process, so that it is started once.
"""

from pathlib import Path
from typing import Any

import pytest

_TESTS = Path(__file__).resolve().parents[1]
# Each is one piece of work; a file is of the first one that its path begins with.
_TOGETHER = {
    "the deployment": (
        "tests/e2e/page/",
        "tests/e2e/test_pipeline.py",
        "tests/e2e/test_media.py",
    ),
    "the ground of faults": ("tests/faults/test_invariants_", "tests/faults/test_readiness.py"),
}
_LONGEST = (
    "hostile/test_hostile_files.py",
    "faults/test_invariants_dependencies_restart.py",
    "e2e/page/test_journey.py",
    "infra/test_checks.py",
    "unit/page/test_page.py",
    "integration/embedded/test_up.py",
    "e2e/test_workers.py",
    "infra/test_emulator.py",
    "integration/ffmpeg/test_encode.py",
    "integration/client/test_broken_machine.py",
    "integration/embedded/test_nothing_stays.py",
    "security/test_floods.py",
    "security/test_document.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; everything else keeps its place."""
    ranks = {_TESTS / name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Keep together what is named in `_TOGETHER`."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    scheduler = LoadFileScheduling(config, log)
    file_of = scheduler._split_scope

    def together(nodeid: str) -> str:
        file: str = file_of(nodeid)
        return next((name for name, all_ in _TOGETHER.items() if file.startswith(all_)), file)

    scheduler._split_scope = together
    return scheduler
