"""One process, two listeners: the API's, and beside it that of the service routes."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from embedded.stack import Stack
from embedded.store import free_ports
from tests.support import warm
from tests.support.product import PROJECT, wait_for

Start = Callable[..., warm.Forked]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "api.log"


@pytest.fixture
def start(stack: Stack, log: Path) -> Iterator[Start]:
    """Starts an API process with settings of its own."""
    started: list[warm.Forked] = []

    def run(**values: str) -> warm.Forked:
        environment = os.environ | stack.environment | {"LOG_FORMAT": "json"} | values
        started.append(warm.start("backend", environment, log))
        return started[-1]

    yield run
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.wait()


def told(log: Path) -> dict[str, Any] | None:
    """The entry that says what is open, once it is there."""
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return next((entry for entry in entries if entry["event"] == "open"), None)


def answer(port: int | str, path: str) -> int | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=60).status_code
    except httpx.HTTPError:
        return None


def test_each_answers_its_own_and_both_end_together(start: Start, log: Path) -> None:
    port, service_port = free_ports(2)
    ports = {"PORT": str(port), "SERVICE_PORT": str(service_port)}
    process = start(REGISTRATION="invite", **ports)
    wait_for(lambda: answer(service_port, "/readyz") == 200, explain=log.read_text)
    for path in ("/readyz", "/metrics"):
        assert (answer(port, path), answer(service_port, path)) == (404, 200)
    assert (answer(port, "/healthz"), answer(service_port, "/healthz")) == (200, 200)
    assert (answer(port, "/v1/me"), answer(service_port, "/v1/me")) == (401, 404)
    for path in ("/readyz", "/healthz"):
        probe = [sys.executable, "-m", "backend.health.probe", path]
        found = subprocess.run(probe, cwd=PROJECT, env=os.environ | ports, capture_output=True)
        assert found.returncode == 0, found.stdout
    entry = told(log)
    assert entry is not None
    assert (entry["registration"], entry["service"]) == ("invite", f"127.0.0.1:{service_port}")
    assert "an invite" in entry["told"]

    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (0, -signal.SIGTERM)
    assert (answer(port, "/healthz"), answer(service_port, "/healthz")) == (None, None)
    assert "Traceback" not in log.read_text()


def test_any_free_port_will_do(start: Start, log: Path) -> None:
    process = start(PORT=str(free_ports(1)[0]), SERVICE_PORT="0")
    wait_for(lambda: told(log), explain=log.read_text)
    service = (told(log) or {})["service"].rpartition(":")[2]
    assert service != "0"
    wait_for(lambda: answer(service, "/readyz") == 200, explain=log.read_text)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert "Traceback" not in log.read_text()


def test_an_address_that_is_taken_is_told_in_a_sentence(start: Start, log: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert start(SERVICE_PORT=str(port)).wait(60) == 1
    said = log.read_text()
    assert said.startswith(f"framemill: SERVICE_HOST, SERVICE_PORT: 127.0.0.1 port {port} cannot")
    assert said.count("\n") == 1
