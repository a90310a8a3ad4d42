import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from client import ApiError, Framemill, LoginRequired
from client.cli import main
from tests.integration.client.conftest import Run
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn

NEW = "another long password"
Captured = pytest.CaptureFixture[str]


def test_the_server_says_who_may_register(world: StandIn) -> None:
    world.registration = "invite"
    with Framemill(world.url) as client:
        assert client.registration() == "invite"


def test_register_by_invite_works_once(
    world: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Captured, client: Framemill
) -> None:
    world.role, world.registration = "admin", "invite"
    code = client.create_invite().code
    assert code is not None
    monkeypatch.setenv("FRAMEMILL_PASSWORD", PASSWORD)
    monkeypatch.setenv("FRAMEMILL_SERVER", world.url)
    assert main(["register", "new@example.org"]) == 1
    assert "Error: An invite is needed here." in capsys.readouterr().err
    assert main(["register", "new@example.org", "--invite", code]) == 0
    assert main(["register", "more@example.org", "--invite", code]) == 1
    assert "Error: This invite is not known, was used" in capsys.readouterr().err
    world.registration = "closed"
    assert main(["register", "more@example.org"]) == 1
    assert "Error: Registration is closed." in capsys.readouterr().err


def test_passwd_keeps_this_session_and_ends_the_others(
    run: Run, world: StandIn, client: Framemill, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert run("passwd") == 2, "nobody there to ask"
    monkeypatch.setenv("FRAMEMILL_PASSWORD", PASSWORD)
    monkeypatch.setenv("FRAMEMILL_NEW_PASSWORD", NEW)
    assert run("passwd") == 0
    assert world.password == NEW
    assert run("ls") == 0
    with pytest.raises(LoginRequired):
        client.me()
    assert run("passwd") == 1
    monkeypatch.setenv("FRAMEMILL_PASSWORD", NEW)
    monkeypatch.setenv("FRAMEMILL_NEW_PASSWORD", "short")
    assert run("passwd") == 1
    out, err = capsys.readouterr()
    assert "Error: The present password is another.\n" in err
    assert err.endswith("Error: The new password is too short.\n")
    assert PASSWORD not in out + err
    assert NEW not in out + err


def test_passwd_reads_both_from_stdin(run: Run, world: StandIn) -> None:
    command = [sys.executable, "-m", "client", "passwd", "--password-stdin"]
    done = subprocess.run(command, input=f"{PASSWORD}\n{NEW}\n", text=True, check=False)
    assert done.returncode == 0
    assert world.password == NEW


def test_a_change_whose_answer_was_lost_is_not_repeated(client: Framemill, world: StandIn) -> None:
    """Repeated, it would say that the password is wrong."""
    world.call_faults = [("/auth/password$", "drop the answer")]
    with pytest.raises(Exception, match="No answer"):
        client.change_password(PASSWORD, NEW)
    assert world.calls.count("POST /v1/auth/password") == 1
    assert world.password == NEW


def test_delete_account_needs_the_password_and_a_yes(
    run: Run, world: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("FRAMEMILL_PASSWORD", "wrong")
    assert run("delete-account") == 2, "nobody there to say yes"
    assert run("delete-account", "--yes") == 1
    assert "Error: The password is another." in capsys.readouterr().err
    monkeypatch.delenv("FRAMEMILL_PASSWORD")
    assert run("delete-account", "--yes") == 2, "nobody there to ask"
    assert not world.accounts_ended
    monkeypatch.setenv("FRAMEMILL_PASSWORD", PASSWORD)
    assert run("delete-account", "--yes") == 0
    assert world.accounts_ended == [EMAIL]
    assert json.loads((home / "session.json").read_text())["sessions"] == {}
    assert run("ls") == 1
    assert "You are not logged in" in capsys.readouterr().err


@pytest.mark.parametrize("sure", [False, True])
def test_delete_account_asks_at_a_terminal(run: Run, world: StandIn, sure: bool) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "client", "delete-account"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,  # the terminal of whoever runs the tests is not asked
    )
    os.close(theirs)
    with process, os.fdopen(ours, "wb", buffering=0) as terminal:
        assert process.stderr is not None
        said = until(process.stderr, b"[y/N]: ")
        terminal.write(b"y\n" if sure else b"n\n")
        if sure:
            said += until(process.stderr, b"Password: ")
            assert not world.accounts_ended
            terminal.write(f"{PASSWORD}\n".encode())
        said += process.stderr.read()
    assert f"Delete the account {EMAIL} at {world.url}".encode() in said
    assert PASSWORD.encode() not in said
    assert b"Traceback" not in said
    assert world.accounts_ended == ([EMAIL] if sure else [])
    assert process.returncode == (0 if sure else 1)


def until(stream: IO[bytes], prompt: bytes) -> bytes:
    """Read up to a prompt."""
    said = b""
    while not said.endswith(prompt):
        letter = stream.read(1)
        assert letter, said
        said += letter
    return said


def test_the_last_admin_stays(client: Framemill, world: StandIn) -> None:
    world.role = "admin"
    with pytest.raises(ApiError) as caught:
        client.delete_account(PASSWORD)
    assert caught.value.code == "last_admin"
    assert client.me().email == EMAIL, "the session is kept"


def test_admin_invites_people(run: Run, world: StandIn, capsys: Captured) -> None:
    assert run("admin", "invite") == 1
    assert "Error: Only admins may do this." in capsys.readouterr().err
    world.role = "admin"
    assert run("admin", "invite", "--email", "a@example.org", "--expires-in", "7d") == 0
    out, err = capsys.readouterr()
    [made] = world.invites.values()
    assert out == f"{made['code']}\n", "the code and nothing else"
    assert "a@example.org" in err
    assert made["expires_at"] == "2026-11-08T12:00:00Z"
    assert run("admin", "invite", "--json") == 0
    assert json.loads(capsys.readouterr().out)["code"]
    assert run("admin", "invite") == 0
    capsys.readouterr()
    assert run("admin", "invites") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ID", "EMAIL", "CREATED", "EXPIRES", "USED"]
    assert len(lines) == 4, "all pages"
    assert lines[1].split()[:2] == [made["id"], "a@example.org"]
    assert run("admin", "invites", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert run("admin", "uninvite", *world.invites) == 0
    assert not world.invites
    assert run("admin", "invites") == 0
    assert "There are no invites." in capsys.readouterr().err
    assert run("admin", "uninvite", made["id"]) == 1


@pytest.mark.parametrize("text", ["7", "0d", "-1d", "1.5h", "7 days", "9999999999d", "٣d"])
def test_a_length_of_time_that_is_none(run: Run, text: str, capsys: Captured) -> None:
    assert run("admin", "invite", f"--expires-in={text}") == 2
    assert "Write 90m, 12h or 7d" in capsys.readouterr().err
