import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from client import Framemill, ServerUnreachable, connection
from tests.integration.client.standin import Server
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for the loopback address with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


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
