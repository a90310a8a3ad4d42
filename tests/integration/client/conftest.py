import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Framemill
from client.cli import main
from tests.integration.client.standin import Server
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn

Run = Callable[..., int]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("FRAMEMILL_HOME", str(place))
    for name in (
        "FRAMEMILL_SERVER",
        "FRAMEMILL_PASSWORD",
        "FRAMEMILL_NEW_PASSWORD",
        "FRAMEMILL_EMAIL",
        "FRAMEMILL_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again does not have to wait for a server on this machine."""
    monkeypatch.setattr("client.retry._FIRST_WAIT", 0.01)
    monkeypatch.setattr("client.watch._FIRST_PAUSE", 0.01)


@pytest.fixture
def world() -> Iterator[StandIn]:
    standin = StandIn()
    server = Server(standin)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield standin
    if standin.part_gate is not None:
        standin.part_gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(world: StandIn) -> Iterator[Framemill]:
    with Framemill(world.url) as framemill:
        framemill.login(EMAIL, PASSWORD)
        yield framemill


@pytest.fixture
def run(world: StandIn) -> Run:
    """The command, logged in, in this process."""
    with Framemill(world.url, remember=True) as framemill:
        framemill.login(EMAIL, PASSWORD)
    return lambda *arguments: main([str(argument) for argument in arguments])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Five parts and a bit, no two alike."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"".join(bytes([65 + n]) * 1024 * 1024 for n in range(5)) + b"the end")
    return path


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, but where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
