"""Control as whoever operates it meets it: a process with settings, signals and a port."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import pulse
from embedded.stack import Stack
from embedded.store import free_ports
from tests.support import warm
from tests.support.product import wait_for

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "control.log"


@pytest.fixture
def start(stack: Stack, log: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts control as its users do, with settings of a test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(**settings: str) -> "subprocess.Popen[bytes]":
        own = {"PULSE_FILE": str(tmp_path / "pulse"), "CONTROL_PORT": "0", "SWEEP_S": "3600"}
        environment = os.environ | stack.environment | own | settings
        started.append(warm.start_cold("control", environment, log))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def said(log: Path, event: str) -> list[dict[str, str]]:
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in map(json.loads, lines) if entry["event"] == event]


def test_it_lives_until_it_is_told_to_end(start: Start, log: Path, tmp_path: Path) -> None:
    process = start()
    wait_for(lambda: said(log, "listening"), explain=log.read_text)
    assert pulse.is_alive(tmp_path / "pulse", (tmp_path / "pulse").stat().st_mtime)
    [begun] = said(log, "control_started")
    with urllib.request.urlopen(f"http://{begun['service']}/healthz", timeout=10) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert said(log, "control_stopped")
    assert "Traceback" not in log.read_text()


def test_a_database_that_is_away_is_waited_for(start: Start, log: Path) -> None:
    [nowhere] = free_ports(1)
    process = start(DATABASE_URL=f"postgresql://x:x@127.0.0.1:{nowhere}/x", SWEEP_S="0.1")
    wait_for(lambda: len(said(log, "round_delayed")) > 20, explain=log.read_text)
    assert said(log, "listener_lost")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"REDIS_URL": ""}, "framemill: REDIS_URL is not set\n"),
        (
            {"SERVICE_HOST": "192.0.2.1", "CONTROL_PORT": "9"},
            "framemill: SERVICE_HOST, CONTROL_PORT: 192.0.2.1 port 9 cannot be used: "
            "Cannot assign requested address\n",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    start: Start, log: Path, settings: dict[str, str], sentence: str
) -> None:
    assert start(**settings).wait(60) == 1
    assert log.read_text() == sentence
