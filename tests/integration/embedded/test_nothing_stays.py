"""Whoever is killed takes everything with it that it has started, at whatever depth."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from embedded.guard import birth_of
from tests.faults.processes import children
from tests.integration.embedded.small_components import lives, wait_until
from tests.support.product import PROJECT
from tests.support.run_guard import MARK, marked

_TEST = """
import os, pathlib, subprocess, time
def test_that_is_killed():
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pathlib.Path({note!r}).write_text(f"{{child.pid}}\\n")
    time.sleep(600)
"""


def family(pid: int) -> list[int]:
    """Everything that a process has started, and what that has started."""
    found = children(pid)
    return [*found, *(each for child in found for each in family(child))]


@pytest.mark.thorough("a whole stack for one kill")
def test_a_killed_owner_of_a_stack_leaves_nothing(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.embedded.doomed", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "under way\n"
            births = {pid: birth_of(pid) for pid in family(owner.pid)}
        finally:
            owner.kill()
    assert len(births) > 10, "there was less than everything"

    def left() -> list[int]:
        same = [pid for pid, birth in births.items() if birth and birth_of(pid) == birth]
        return [*same, *marked(mark)]

    try:
        wait_until(lambda: not left())
    finally:
        for pid in left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("more", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "with others"])
def test_a_killed_test_run_leaves_nothing(tmp_path: Path, more: tuple[str, ...]) -> None:
    note = tmp_path / "note"
    (tmp_path / "test_killed.py").write_text(_TEST.format(note=str(note)))
    own = {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST_")}
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.support.run_guard", *more),
            *("-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)),
        ],
        cwd=PROJECT,
        # Other plugins have nothing to do with it, and take seconds.
        env={**own, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        try:
            wait_until(lambda: run.poll() is not None or bool(note.exists() and note.read_text()))
            everybody = [*family(run.pid), int(note.read_text())]
        finally:
            run.kill()
    assert len(everybody) > 1
    wait_until(lambda: not [pid for pid in everybody if lives(pid)])
