"""Ctrl-C at any moment of the process: one word, the right code, no traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.client.conftest import Run
from tests.integration.client.standin_world import StandIn

# Sends the signal to the process that imports it, at the moment that it is told.
_HOOK = """
import atexit, os, signal, sys

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == MOMENT:
            interrupt()
        return None

class Guard:
    def __del__(self):
        interrupt()

MOMENT = os.environ["INTERRUPTED_AT"]
sys.meta_path.insert(0, Finder())
if MOMENT == "exit":
    atexit.register(interrupt)
if MOMENT == "clearing away":
    class Cleared(Finder):
        def find_spec(self, name, path=None, target=None):
            if name == "client.upload":
                Guard()
    sys.meta_path.insert(0, Cleared())
"""


@pytest.fixture
def hook(tmp_path: Path) -> Path:
    place = tmp_path / "hook"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_HOOK)
    return place


def start(
    arguments: list[str], hook: Path | None = None, moment: str = "", shell: str = 'exec "$@"'
) -> "subprocess.Popen[str]":
    root = str(Path(__file__).parents[3])
    path = root if hook is None else f"{hook}{os.pathsep}{root}"
    return subprocess.Popen(
        ["/bin/sh", "-c", shell, "sh", sys.executable, "-m", "client", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "INTERRUPTED_AT": moment},
    )


@pytest.mark.parametrize("moment", ["client.cli", "click", "httpx", "clearing away"])
def test_while_it_is_being_imported(hook: Path, moment: str) -> None:
    out, err = (process := start(["ls"], hook, moment)).communicate(timeout=60)
    assert (out, err, process.returncode) == ("", "Stopped.\n", 1)


def test_at_its_exit_what_was_done_is_done(run: Run, world: StandIn, hook: Path) -> None:
    world.video(title="one")
    out, err = (process := start(["ls"], hook, "exit")).communicate(timeout=60)
    assert out.endswith("one\n")
    assert (err, process.returncode) == ("", 0)


def test_while_the_server_is_asked(run: Run, world: StandIn) -> None:
    processes: list[subprocess.Popen[str]] = []

    def interrupt(call: str) -> None:
        while not processes:
            time.sleep(0.01)
        processes[0].send_signal(signal.SIGINT)

    world.on_call = interrupt
    processes.append(start(["ls"]))
    _, err = processes[0].communicate(timeout=60)
    assert (err.strip(), processes[0].returncode) == ("Stopped.", 1)


def test_while_its_last_word_is_being_said(run: Run, hook: Path) -> None:
    """Two at once: the second finds the first being handled."""
    (hook / "sitecustomize.py").write_text(
        "import os, signal\n"
        "import click\n"
        "def twice(*arguments, **settings):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    raise AssertionError('it went on')\n"
        "click.UsageError.show = twice\n"
    )
    out, err = (process := start(["ls", "--limit", "0"], hook)).communicate(timeout=60)
    assert (out, err, process.returncode) == ("", "Stopped.\n", 1)


def test_a_process_in_the_background_does_not_hear_it(run: Run, world: StandIn, hook: Path) -> None:
    world.video(title="one")
    process = start(["ls"], hook, "httpx", shell='trap "" INT; exec "$@"')
    out, err = process.communicate(timeout=60)
    assert out.endswith("one\n")
    assert (err, process.returncode) == ("", 0)
