"""The lock on DATA_DIR, while the last processes of a killed stack are being ended."""

import fcntl
import os
import subprocess
import threading
from pathlib import Path

import pytest

from embedded import directory
from embedded.directory import hold
from embedded.errors import StackError


@pytest.fixture
def killed() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def held_for(folder: Path, owner: int) -> int:
    """Hold a lock as the guard of a stack does; returns its descriptor."""
    (folder / "lock").write_text(f"{owner}\n")
    lock = os.open(folder / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def test_processes_that_are_being_ended_are_waited_for(tmp_path: Path, killed: int) -> None:
    lock = held_for(tmp_path, killed)
    threading.Timer(0.2, os.close, [lock]).start()
    os.close(hold(tmp_path))
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_processes_that_do_not_end_are_not_waited_for_for_ever(
    tmp_path: Path, killed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_PATIENCE_S", 0.1)
    lock = held_for(tmp_path, killed)
    with pytest.raises(StackError, match=rf"do not end, .*\(process {killed}\); end them first"):
        hold(tmp_path)
    os.close(lock)
