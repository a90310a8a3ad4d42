"""What `make up` cannot use is one sentence, and nothing is left running."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.__main__ import main
from embedded.console import say
from tests.faults.small_disk import WAYS, small_disk
from tests.support.product import PROJECT

_MIB = 1024**2


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes them over for good."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process; gives its exit status and what it complained of."""

    def with_variables(**variables: str) -> tuple[int, str]:
        # The page has nothing to do with it, and its build takes long.
        for name, value in {"PAGE_DIR": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        return main(["up"]), capsys.readouterr().err

    return with_variables


@pytest.mark.parametrize(
    ("variables", "status", "sentence"),
    [
        ({"PORT": "abc"}, 2, "PORT must be a number"),
        ({"PORT": "9" * 5000}, 2, "PORT must be a number"),
        ({"SERVICE_PORT": "-1"}, 2, "SERVICE_PORT must be a number"),
        ({"REGISTRATION": "yes"}, 2, "REGISTRATION must be open, invite, closed"),
        ({"USER_QUOTA_BYTES": "plenty"}, 2, "USER_QUOTA_BYTES must be a size"),
        ({"MIN_FREE_DISK_BYTES": "-1"}, 2, "MIN_FREE_DISK_BYTES must be a size"),
        ({"ONCE_WAIT_S": "nan"}, 2, "ONCE_WAIT_S must be a number of seconds"),
        ({"DATA_DIR": "/proc/none"}, 1, "DATA_DIR=/proc/none cannot be used"),
        ({"DATA_DIR": "~nobody-of-this-name/x"}, 1, "DATA_DIR=~nobody-of-this-name/x cannot"),
        ({"DATA_DIR": "/tmp/" + "x" * 300}, 1, "cannot be used: File name too long"),
        ({"DATA_DIR": "/tmp/two\nlines"}, 2, r"DATA_DIR='/tmp/two\nlines' cannot be used"),
        ({"DATA_DIR": os.fsdecode(b"/tmp/\xff")}, 2, r"DATA_DIR='/tmp/\udcff' cannot be used"),
        ({"SCRATCH_DIR": "/tmp/a\u2028b"}, 2, r"SCRATCH_DIR='/tmp/a\u2028b' cannot be used"),
        ({"FILE": os.fsdecode(b"/tmp/\xff")}, 1, r"FILE=/tmp/\udcff is no file"),
        ({"FILE": "~nobody-of-this-name/x"}, 1, "FILE=~nobody-of-this-name/x cannot be used"),
    ],
)  # fmt: skip
def test_a_variable(
    run: Run, tmp_path: Path, variables: dict[str, str], status: int, sentence: str
) -> None:
    found, complaint = run(**{"DATA_DIR": str(tmp_path / "data"), **variables})
    assert found == status
    assert sentence in complaint
    assert complaint.count("\n") == 1


def _file(place: Path) -> None:
    place.write_text("")


def _loop(place: Path) -> None:
    place.symlink_to(place)


def _holding(name: str, text: str | None) -> Callable[[Path], None]:
    """Make the directory with a file of this text, or with a directory of this name."""

    def make(place: Path) -> None:
        place.mkdir()
        if text is None:
            (place / name).mkdir()
        else:
            (place / name).write_text(text)

    return make


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_file, "cannot be used: File exists"),
        (_loop, "cannot be used: File exists"),
        (_holding("lock", None), "cannot be used: Is a directory"),
        (_holding("secrets.json", None), "secrets.json cannot be read: Is a directory"),
        (_holding("secrets.json", "{"), "secrets.json is damaged"),
        (_holding("secrets.json", "[" * 100_000), "secrets.json is damaged"),
        (_holding("secrets.json", '{"valkey": "a\\nsave b"}'), "secrets.json is damaged"),
        (_holding("ports.json", '{"postgres": "x"}'), "ports.json is damaged"),
        (_holding("ports.json", '{"postgres": 123456}'), "ports.json is damaged"),
        (_holding("logs", ""), "could not be started: "),
        (_holding("valkey", ""), "could not be started: "),
        (_holding("emulator", ""), "could not be started: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_directory(
    run: Run, tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path / "data")
    status, complaint = run(DATA_DIR=str(tmp_path / "data"))
    assert status == 1
    assert sentence in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("left", [0, 8192])
def test_a_full_disk(run: Run, tmp_path: Path, left: int) -> None:
    with small_disk(tmp_path / "disk", 64 * _MIB) as disk:
        disk.fill(leave=left)
        status, complaint = run(DATA_DIR=str(disk.path / "data"))
        assert status == 1
        assert "Videos wait for free disk: " in complaint.splitlines()[0]
        assert "No space left on device" in complaint


def test_a_disk_that_is_full_before_the_database_is_made(tmp_path: Path) -> None:
    # In a mount namespace from the beginning: Postgres looks at the whole path.
    script = 'mount -t tmpfs -o size=6m tmpfs "$1" && exec "$2" -m embedded up'
    for way in WAYS:
        done = subprocess.run(
            [*way, "sh", "-c", script, "sh", str(tmp_path), sys.executable],
            cwd=PROJECT,
            env={**os.environ, "DATA_DIR": str(tmp_path / "data"), "PAGE_DIR": "/"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if "Starting Framemill" in done.stdout:
            break
    assert done.returncode == 1
    assert "Videos wait for free disk: 6 MB are free in" in done.stderr
    assert "PostgreSQL could not be set up (initdb): " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_takes_nothing_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        say("a line")
        say("another one")
