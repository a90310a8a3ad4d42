"""`python -m backend.admin`: the first admin, by whoever runs the API."""

import asyncio
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from backend.admin import main
from embedded.stack import Stack
from tests.support.app import Api, bearer
from tests.support.people import PASSWORD, login, new_email, new_user

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "backend.admin"]


async def run(stack: Stack, *words: str, given: str = "", **values: str) -> tuple[int, str, str]:
    """Return the exit status, and what was said on both outputs."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *words, cwd=ROOT, env=os.environ | stack.environment | values,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(given.encode())
    return process.returncode or 0, out.decode(), err.decode()


async def role(api: Api, email: str, password: str = PASSWORD) -> str:
    token = (await login(api.client(), email, password)).json()["access_token"]
    me = await api.client().get("/v1/me", headers=bearer(token))
    return str(me.json()["role"])


async def test_an_admin_is_made_with_a_password_from_standard_input(stack: Stack, api: Api) -> None:
    email = new_email()
    told = await run(stack, "create", email.upper(), given=f"{PASSWORD}\n")
    assert told == (0, f"{email} is an admin.\n", "")
    assert await role(api, email) == "admin"
    told = await run(stack, "create", email, given=PASSWORD)
    assert told == (1, "", f"framemill: {email} already has an account; use promote\n")


async def test_without_a_password_one_is_made_and_told(stack: Stack, api: Api) -> None:
    email = new_email()
    status, out, err = await run(stack, "create", email)
    assert (status, err) == (0, "")
    assert out.count("\n") == 2
    assert await role(api, email, out.split()[-1]) == "admin"


async def test_an_account_is_promoted(stack: Stack, api: Api) -> None:
    person = await new_user(api)
    assert (await person.http.get("/v1/admin/invites")).status_code == 403
    assert (await run(stack, "promote", person.email))[0] == 0
    assert (await person.http.get("/v1/admin/invites")).status_code == 200  # at once


@pytest.mark.parametrize(
    ("words", "given", "values", "said"),
    [
        (("create", "x@example.com"), b"short", {}, "Use 12 to 128 characters."),
        (("create", "x@example.com"), b"\xff", {}, "the password on standard input is not"),
        (("create", "nobody"), b"", {}, "An email address must have an @-sign."),
        (("promote", "n@example.com"), b"", {}, "n@example.com has no account; use create"),
        (("promote", "x@example.com"), b"", {"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        (
            ("promote", "x@example.com"), b"",
            {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/x"},
            "The database does not answer.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_sentence(
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    given: bytes,
    values: dict[str, str],
    said: str,
) -> None:
    for name, value in (stack.environment | values).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"framemill: {said}")
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_a_wrong_command_line_is_told_apart() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["remove", "x@example.com"])
    assert ended.value.code == 2


async def test_at_a_terminal_the_password_is_not_shown(stack: Stack, api: Api) -> None:
    email = new_email()
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "create", email, cwd=ROOT, env=os.environ | stack.environment,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""

    def converse() -> bytes:
        seen, answered = b"", 0
        while True:
            try:
                read = os.read(ours, 1000)
            except OSError:  # the other side is closed
                return seen
            seen += read
            while seen.count(b": ") > answered and answered < 2:
                os.write(ours, f"{PASSWORD}\n".encode())
                answered += 1

    try:
        shown = await asyncio.to_thread(converse)
        assert await process.wait() == 0, shown
    finally:
        os.close(ours)  # whoever still reads there is hung up on
    assert PASSWORD.encode() not in shown
    assert await role(api, email) == "admin"
