"""The command where something is broken: one sentence, the right code, and no traceback.

It is a process of its own where its streams, limits or directory are.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from client.cli import main
from tests.integration.client.conftest import Run
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn

ROOT = Path(__file__).parents[3]
FULL = r"^Error: The output cannot be written: No space left on device\.$"
CLOSED = r"^Error: The output cannot be written: Bad file descriptor\.$"
USABLE = "Set FRAMEMILL_HOME to another directory"
DIRECTLY = ""  # in this process
ODD = "\udcff"  # a byte that is no text, as Python spells it
LONG = "x" * 300 + ".mp4"


@dataclass
class Place:
    """Where a case happens."""

    tmp: Path
    home: Path
    video: str
    clip: Path


def nothing(_: Place) -> None:
    pass


def home_is_a_file(place: Place) -> None:
    (place.home / "session.json").unlink()
    for entry in place.home.iterdir():
        entry.unlink()
    place.home.rmdir()
    place.home.write_text("")


def session_is_a_directory(place: Place) -> None:
    (place.home / "session.json").unlink()
    (place.home / "session.json").mkdir()


def session_is_nonsense(place: Place) -> None:
    (place.home / "session.json").write_text('{"a":' * 100_000)


def lock_is_a_directory(place: Place) -> None:
    (place.home / "session.lock").unlink()
    (place.home / "session.lock").mkdir()


def uploads_is_a_file(place: Place) -> None:
    (place.home / "uploads").write_text("")


@dataclass
class Case:
    """One circumstance; `shell` starts the command, which is `"$@"`."""

    name: str
    arguments: list[str]
    code: int
    says: str | None  # the one line on stderr that is expected; None for none
    shell: str = DIRECTLY
    env: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Place], None] = nothing
    out: str | None = None


CASES = [
    # where things are remembered
    Case("home is a file", ["ls"], 1, f"Not a directory. {USABLE}", prepare=home_is_a_file),
    Case("home cannot be made", ["login", EMAIL], 1, USABLE,
         env={"FRAMEMILL_HOME": "/proc/1/framemill", "FRAMEMILL_PASSWORD": PASSWORD}),
    Case("home of nobody", ["ls"], 1, "There is no home directory",
         env={"FRAMEMILL_HOME": "~nobody-of-that-name/x"}),
    Case("session is a directory", ["ls"], 1, f"session.json .*: Is a directory. {USABLE}",
         prepare=session_is_a_directory),
    Case("session is nonsense", ["ls"], 1, "You are not logged in", prepare=session_is_nonsense),
    Case("lock is a directory", ["login", EMAIL], 1, f"Is a directory. {USABLE}",
         env={"FRAMEMILL_PASSWORD": PASSWORD}, prepare=lock_is_a_directory),
    Case("uploads is a file", ["upload", "{clip}"], 1, USABLE, prepare=uploads_is_a_file),
    Case("disk is full at login", ["login", EMAIL], 1, f"File too large. {USABLE}",
         shell='ulimit -f 0; exec "$@"', env={"FRAMEMILL_PASSWORD": PASSWORD}),
    Case("disk is full at upload", ["upload", "{clip}"], 1, f"File too large. {USABLE}",
         shell='ulimit -f 0; exec "$@"'),
    # where films are
    Case("disk is full at download", ["download", "{video}", "720p", "-o", "{tmp}/out.mp4"], 1,
         r"out\.mp4 cannot be written: File too large\.", shell='ulimit -f 8; exec "$@"'),
    Case("output below a file", ["download", "{video}", "720p", "-o", "{clip}/x.mp4"], 1,
         "cannot be written: Not a directory"),
    Case("output in a place of the kernel", ["download", "{video}", "720p", "-o", "/proc/1"], 1,
         "cannot be written: "),
    Case("output with a long name", ["download", "{video}", "720p", "-o", LONG], 1,
         "cannot be written: File name too long"),
    Case("file with a long name", ["upload", LONG], 1, "File name too long"),
    Case("directory that is gone", ["upload", "clip.mp4"], 1, "No such file or directory",
         shell='mkdir gone; cd gone; rmdir ../gone; exec "$@"'),
    Case("download where the directory is gone", ["download", "{video}", "720p"], 1,
         "cannot be written: No such file or directory",
         shell='mkdir gone; cd gone; rmdir ../gone; exec "$@"'),
    # input and output
    Case("full output", ["ls"], 1, FULL, shell='exec "$@" >/dev/full'),
    Case("full output of json", ["ls", "--json"], 1, FULL, shell='exec "$@" >/dev/full'),
    Case("full output of help", ["--help"], 1, FULL, shell='exec "$@" >/dev/full'),
    Case("closed output", ["ls"], 1, CLOSED, shell='exec "$@" >&-'),
    Case("everything closed", ["ls"], 1, None, shell='exec "$@" <&- >&- 2>&-'),
    Case("full stderr", ["watch", "nothing"], 1, None, shell='exec "$@" 2>/dev/full'),
    Case("full stderr of a wrong call", ["ls", "--limit", "0"], 2, None,
         shell='exec "$@" 2>/dev/full'),
    Case("full stderr of a command that works", ["rm", "--yes", "{video}"], 0, None,
         shell='exec "$@" 2>/dev/full'),
    Case("closed stderr of a transfer", ["download", "{video}", "720p", "-o", "{tmp}/out.mp4"], 0,
         None, shell='exec "$@" 2>&-', out="out.mp4"),
    Case("closed input", ["rm", "{video}"], 2, "There is no terminal", shell='exec "$@" <&-'),
    Case("input that is no text", ["login", EMAIL, "--password-stdin"], 1, "not UTF-8 text",
         shell='printf "\\377\\n" | "$@"'),
    Case("output that nobody reads", ["ls"], 1, None,
         shell='{ "$@"; echo $? >code; } | true; exit $(cat code)'),
    Case("output in Latin-1", ["ls"], 0, None, out=r"title \\u65e5$",
         shell='PYTHONIOENCODING=latin-1 exec "$@"'),
    Case("JSON in Latin-1", ["ls", "--json"], 0, None, out=r'"title \\u65e5"',
         shell='PYTHONIOENCODING=latin-1 exec "$@"'),
    # bytes that are no text
    Case("odd title", ["upload", "{clip}", "--title", ODD], 1, "not UTF-8 text"),
    Case("odd search", ["ls", "--search", ODD], 1, "not UTF-8 text"),
    Case("odd id", ["watch", ODD], 1, r"^Error: No\.$"),
    Case("odd server", ["ls", "--server", f"http://{ODD}"], 1, "Error: "),
    Case("odd choice", ["ls", "--state", ODD], 2, "Invalid value"),
    Case("odd password", ["login", EMAIL], 1, "not UTF-8 text", env={"FRAMEMILL_PASSWORD": ODD}),
    Case("odd output", ["download", "{video}", "720p", "-o", "{tmp}/a" + ODD], 0, "downloading",
         out="a\N{REPLACEMENT CHARACTER}"),
    # the environment and the call
    Case("no such certificates", ["ls"], 1, "SSL_CERT_FILE", env={"SSL_CERT_FILE": "/nothing"}),
    Case("proxy of an unknown kind", ["ls"], 1, "proxy", env={"HTTP_PROXY": "gopher://x"}),
    Case("proxy without a port", ["ls"], 1, "proxy", env={"HTTP_PROXY": "http://x:y"}),
    Case("number without end", ["ls", "--limit", "9" * 30], 2, "Invalid value"),
]  # fmt: skip


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings for processes that find everything compiled: that takes longer than what they do."""
    kept = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("pyc"))}
    subprocess.run(
        [sys.executable, "-c", "import client.cli, concurrent.futures"],
        env={**os.environ, **kept, "PYTHONDONTWRITEBYTECODE": ""},
        check=True,
    )
    # Where files may not become long, Python would keep half of one.
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def run_process(shell: str, arguments: list[str], compiled: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", sys.executable, "-m", "client", *arguments],
        env={**os.environ, **compiled},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.sampled(20)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_one_sentence_and_no_traceback(
    case: Case,
    run: Run,
    world: StandIn,
    clip: Path,
    tmp_path: Path,
    home: Path,
    compiled: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    place = Place(tmp_path, home, world.video(title="title 日")["id"], clip)
    world.objects[f"{place.video}/720p"] = bytes(100_000)
    case.prepare(place)
    known = {"{video}": place.video, "{clip}": str(clip), "{tmp}": str(tmp_path)}
    arguments = [
        re.sub(r"\{\w+\}", lambda found: known[found.group()], argument)
        for argument in case.arguments
    ]
    sessions = set(world.sessions)
    monkeypatch.chdir(tmp_path)
    for name, value in {"FRAMEMILL_SERVER": world.url, **case.env}.items():
        monkeypatch.setenv(name, value)
    if case.shell == DIRECTLY:
        code = main(arguments)
        out, err = capfd.readouterr()
    else:
        code, out, err = run_process(case.shell, arguments, compiled)
    assert "Traceback" not in err
    assert "Unexpected error" not in err
    if case.says is None:
        assert not err
    else:
        last = err.splitlines()[-1]
        assert re.search(case.says, last), err
    if case.code == 1 and case.says is not None:
        assert len(re.findall("^Error: ", err, re.MULTILINE)) == 1
    assert code == case.code
    if case.out is not None:
        assert re.search(case.out, out, re.MULTILINE)
    assert world.sessions <= sessions, "a session that nobody knows of"
    assert all(upload.state != "open" for upload in world.uploads.values())


@pytest.mark.parametrize("name", [os.fsdecode(b"clip\xff.mp4"), "x'\"\n\x1b[31m.mp4"])
def test_a_file_is_uploaded_whatever_its_name(
    run: Run, world: StandIn, clip: Path, tmp_path: Path, name: str
) -> None:
    odd = clip.rename(tmp_path / name)
    assert run("upload", odd, "--no-wait") == 0
    [upload] = world.uploads.values()
    assert upload.filename == name.replace("\udcff", "\N{REPLACEMENT CHARACTER}")
    assert world.objects[upload.video_id] == odd.read_bytes()


def test_what_nobody_expected_is_one_sentence_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("of\nnothing")

    monkeypatch.setattr("client.cli_common.SessionStore.last_server", break_down)
    assert run("ls") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError" in line
    assert "FRAMEMILL_DEBUG=1" in line
    monkeypatch.setenv("FRAMEMILL_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("ls")
