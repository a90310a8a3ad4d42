"""The whole product as processes, used from outside: HTTP, the client, files on a disk.

With `--base-url` it is a deployment that is there already; tests that must kill its processes, look
inside or bring workers of their own are skipped then.
"""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Framemill
from embedded import page
from embedded.ffmpeg import find_tools
from embedded.stack import BACKING, EVERYTHING, Stack
from tests.support.product import (
    PASSWORD,
    PROJECT,
    Clips,
    Deployment,
    Elsewhere,
    Workers,
    address_of,
)

_OWN = "needs a stack of its own"

# Short enough for a test to wait for a lease to lapse, long enough for a busy machine.
IMPATIENT = {
    "LEASE_S": "4",
    "HEARTBEAT_S": "1",
    "VISIBILITY_S": "4",
    "PROGRESS_S": "0.3",
    "SWEEP_S": "0.5",
    "RETRY_BASE_S": "0.2",
    "UPLOAD_CHECK_S": "0.5",
}


@pytest.fixture(scope="session")
def clips() -> Clips:
    tools = find_tools().environment
    return Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])


@pytest.fixture
def media() -> Callable[[str], Path]:
    """One of the shared real clips; the test is skipped where they are not."""
    folder = Path(os.environ.get("FRAMEMILL_MEDIA") or PROJECT.parent / "shared" / "media")

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip("the shared clips are not here")
        return folder / name

    return find


def _elsewhere(config: pytest.Config) -> Elsewhere | None:
    address: str | None = config.getoption("--base-url")
    page_address: str | None = config.getoption("--page-url")
    if not address:
        return None
    return Elsewhere(address.rstrip("/"), (page_address or address).rstrip("/"))


@pytest.fixture(scope="session")
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """What `--base-url` names, else the stack as `make up` runs it: all parts, the page too."""
    elsewhere = _elsewhere(request.config)
    if elsewhere is not None:
        yield elsewhere
        return
    directory = tmp_path_factory.mktemp("deployment")
    extra = {"PROGRESS_S": "0.3", "PAGE_DIR": str(page.build())}
    with Stack(directory, EVERYTHING, extra=extra) as stack:
        yield stack


@pytest.fixture
def own_stack(deployment: Deployment) -> Stack:
    """The deployment, for tests that do things to its processes."""
    if isinstance(deployment, Elsewhere):
        pytest.skip(_OWN)
    return deployment


@pytest.fixture(scope="module")
def unmanned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack without workers, which loses patience quickly; tests bring their own."""
    if _elsewhere(request.config) is not None:
        pytest.skip(_OWN)
    parts = BACKING | {"api", "control"}
    with Stack(tmp_path_factory.mktemp("unmanned"), parts, extra=IMPATIENT) as stack:
        yield stack


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Callable[[Deployment], Framemill]]:
    """Makes new accounts, each logged in with a client of its own."""
    with contextlib.ExitStack() as clients:

        def make(deployment: Deployment) -> Framemill:
            home = tmp_path / f"home-{uuid.uuid4().hex}"
            framemill = clients.enter_context(Framemill(address_of(deployment), home=home))
            email = f"{uuid.uuid4().hex}@example.com"
            framemill.register(email, PASSWORD)
            framemill.login(email, PASSWORD)
            return framemill

        yield make


@pytest.fixture
def workers(unmanned: Stack, tmp_path: Path) -> Iterator[Workers]:
    found = Workers(unmanned, tmp_path)
    yield found
    found.end()
