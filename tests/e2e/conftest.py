"""The whole product as processes, used from outside: HTTP, the client, files on a disk."""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Framemill
from embedded import page
from embedded.ffmpeg import find_tools
from embedded.stack import BACKING, Stack
from tests.support.product import PASSWORD, PROJECT, Clips, Workers, address_of

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


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack as `make up` runs it: one API process, one worker, the page."""
    directory = tmp_path_factory.mktemp("deployment")
    extra = {"PROGRESS_S": "0.3", "PAGE_DIR": str(page.build())}
    with Stack(directory, BACKING | {"api", "worker"}, extra=extra) as stack:
        yield stack


@pytest.fixture(scope="module")
def unmanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack without workers, which loses patience quickly; tests bring their own."""
    with Stack(tmp_path_factory.mktemp("unmanned"), BACKING | {"api"}, extra=IMPATIENT) as stack:
        yield stack


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Callable[[Stack], Framemill]]:
    """Makes new accounts, each logged in with a client of its own."""
    with contextlib.ExitStack() as clients:

        def make(stack: Stack) -> Framemill:
            home = tmp_path / f"home-{uuid.uuid4().hex}"
            framemill = clients.enter_context(Framemill(address_of(stack), home=home))
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
