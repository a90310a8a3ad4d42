import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Framemill, ServerUnreachable, connection
from tests.integration.client.standin import Server
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn
from tests.support.certificate import make_certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for the loopback address with its key, in one file."""
    return make_certificate(tmp_path / "certificate.pem")


@pytest.fixture
def secure_world(certificate: Path) -> Iterator[StandIn]:
    world = StandIn()
    server = Server(world)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    world.url = world.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def fresh_trust() -> Iterator[None]:
    connection._trust.cache_clear()
    yield
    connection._trust.cache_clear()


def test_parts_go_through_tls(
    secure_world: StandIn, certificate: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure_world.faults = {2: ["early 403"], 4: ["reset"]}
    with Framemill(secure_world.url) as client:
        client.login(EMAIL, PASSWORD)
        video = client.upload(clip)
    assert secure_world.objects[video.id] == clip.read_bytes()
    assert secure_world.part_puts[2] == secure_world.part_puts[4] == 2


def test_a_certificate_that_is_not_trusted_is_refused(secure_world: StandIn) -> None:
    with (
        Framemill(secure_world.url) as client,
        pytest.raises(ServerUnreachable, match=r"(?i)certificate"),
    ):
        client.login(EMAIL, PASSWORD)
    assert not secure_world.calls
