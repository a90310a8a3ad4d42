"""`python -m embedded up`, as a person starts it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from embedded.store import free_ports
from tests.integration.embedded.names import ODD_NAME
from tests.support.waiting import patience

_ROOT = Path(__file__).parents[3]
_LIMIT_S = patience(120)


def up(**variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "embedded", "up"],
        cwd=_ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        raise
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"PORT": "http"}, 2, "PORT must be a number"),
        ({"FILE": "/no/such"}, 1, "FILE=/no/such is no file"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    variables: dict[str, str], code: int, sentence: str, tmp_path: Path
) -> None:
    status, _, error = finish(up(**{"DATA_DIR": str(tmp_path / "data"), **variables}))
    assert status == code
    assert error.count("\n") == 1
    assert sentence in error


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, error = finish(up(PORT=port, DATA_DIR=str(tmp_path / "data")))
    assert status == 1
    assert error.count("\n") == 1
    assert f"Port {port} is in use" in error


def test_once_shows_a_video_and_a_later_start_serves_until_it_is_told_to_stop(
    tmp_path: Path,
) -> None:
    # Whatever somebody else's configuration, shell or format could make something of.
    data_dir = tmp_path / ODD_NAME
    where = {"PORT": str(free_ports(1)[0]), "DATA_DIR": str(data_dir)}
    ready = f"Framemill is ready at http://127.0.0.1:{where['PORT']}"

    status, out, error = finish(up(ONCE="1", FILE=str(small_clip(tmp_path)), **where))
    assert status == 0, error
    assert ready in out.splitlines()
    assert "120p" in out
    assert "Registration is open to everybody at http://127.0.0.1:" in out
    assert not processes_of(data_dir)

    process = up(**where)
    assert process.stdout is not None
    lines = read_until(process, "Serving")
    assert ready in lines
    assert not any("uploading" in line for line in lines)
    process.send_signal(signal.SIGTERM)
    status, _, error = finish(process)
    assert (status, error) == (0, "")
    assert not processes_of(data_dir)


@pytest.mark.thorough("one more start; make test has what is said in test_room and test_waiting")
def test_a_full_disk_and_closed_registration_are_said(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    short = {"MIN_FREE_DISK_BYTES": "900TB", "ONCE_WAIT_S": "1", "ONCE": "1"}
    short |= {"REGISTRATION": "closed", "FILE": str(small_clip(tmp_path))}
    port = str(free_ports(1)[0])
    status, out, error = finish(up(**short, PORT=port, DATA_DIR=str(data_dir)))
    assert status == 1
    assert "Videos wait for free disk: " in error
    assert "The video waits: " in error
    assert "The video has waited for " in error.splitlines()[-1]
    assert "Registration is closed; " in out
    assert not processes_of(data_dir)


# How long after the start it comes, in seconds: the installer, the imports, the components.
@pytest.mark.sampled(2)
@pytest.mark.parametrize("moment", [0.0, 0.03, 0.1, 0.3, 1.0, 2.0])
def test_ctrl_c_at_any_moment_is_no_traceback(moment: float, tmp_path: Path) -> None:
    process = subprocess.Popen(
        ["make", "--silent", "up", f"PYTHON={sys._base_executable}"],  # type: ignore[attr-defined]
        cwd=_ROOT,
        env={**os.environ, "PORT": str(free_ports(1)[0]), "DATA_DIR": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        time.sleep(moment)  # the moment is what is tried; nothing is waited for
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=_LIMIT_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert "Traceback" not in out, out
    assert "KeyboardInterrupt" not in out
    assert process.returncode != 0
    assert not processes_of(tmp_path / "data")


def small_clip(folder: Path) -> Path:
    path = folder / "small.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=1")
    command = (find_tools().ffmpeg, "-v", "error", *picture, "-pix_fmt", "yuv420p", path)
    subprocess.run(command, check=True)
    return path


def read_until(process: "subprocess.Popen[str]", start: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(start):
            return lines
    raise AssertionError("\n".join(lines))


def processes_of(data_dir: Path) -> list[str]:
    """Return the commands of living processes that work in a directory."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            text = environ.read_bytes() + environ.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(data_dir) in text:
            found.append(environ.with_name("cmdline").read_bytes().decode().replace("\0", " "))
    return found
