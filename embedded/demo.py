"""Shows the stack at work: a demo account, and one video uploaded the way any client would."""

import contextlib
import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.emulator import ROOT
from embedded.errors import StackError
from embedded.ffmpeg import find_tools
from embedded.part import wrapped

EMAIL = "demo@framemill.example"
_PASSWORD_LENGTH = 20


@dataclass(frozen=True)
class Command:
    """A process of the demonstration.

    Attributes:
        label: what it does, for the message when it fails.
        argv: the command.
        env: variables on top of the inherited ones.
        quiet: keep its output from the terminal unless it fails.
    """

    label: str
    argv: tuple[str, ...]
    env: dict[str, str]
    quiet: bool


def demo_password(secrets: dict[str, str]) -> str:
    """Return the password of the demo account."""
    return secrets["demo_account"][:_PASSWORD_LENGTH]


class Account:
    """The demo account, used from here."""

    def __init__(self, port: int, password: str) -> None:
        """Take where the API is and the password; nothing is asked yet."""
        self._port = port
        self._credentials = {"email": EMAIL, "password": password}
        self._tokens: dict[str, Any] = {}

    def open(self, make: Callable[[], None] | None) -> None:
        """Log in, having made the account where it is not there yet.

        Args:
            make: makes the account; None to register, as anybody may.

        Raises:
            StackError: the API answered something else.
        """
        if make is None:
            status, body = self._ask("POST", "/v1/auth/register", self._credentials)
            if status != http.HTTPStatus.CREATED and body.get("code") != "email_unavailable":
                raise StackError(f"The demo account could not be made: {_explain(status, body)}")
        elif self._log_in()[0] == http.HTTPStatus.UNAUTHORIZED:
            make()
        if not self._tokens:
            status, body = self._log_in()
            if not self._tokens:
                raise StackError(f"The demo account could not log in: {_explain(status, body)}")

    def newest(self) -> dict[str, Any] | None:
        """Return the video that was begun last, as the API shows it; None when there is none.

        Raises:
            StackError: the API did not answer, or refused.
        """
        status, body = self._list()
        if status == http.HTTPStatus.UNAUTHORIZED:
            self._log_in()
            status, body = self._list()
        if status != http.HTTPStatus.OK:
            raise StackError(f"The library could not be listed: {_explain(status, body)}")
        return next(iter(body["items"]), None)

    def close(self) -> None:
        """Log out."""
        refresh = {"refresh_token": self._tokens.get("refresh_token")}
        with contextlib.suppress(StackError):
            self._ask("POST", "/v1/auth/logout", refresh)

    def _log_in(self) -> tuple[int, dict[str, Any]]:
        login = {**self._credentials, "client": "native"}
        status, body = self._ask("POST", "/v1/auth/login", login)
        self._tokens = body if status == http.HTTPStatus.OK else {}
        return status, body

    def _list(self) -> tuple[int, dict[str, Any]]:
        return self._ask("GET", "/v1/videos?limit=1")

    def _ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        return _call(self._port, method, path, body, str(self._tokens.get("access_token", "")))


def make_account(env: Mapping[str, str], password: str) -> None:
    """Make the demo account where nobody may register; it is an administrator's.

    Args:
        env: the whole environment of the services.
        password: of the account.

    Raises:
        StackError: it could not be made.
    """
    done = subprocess.run(
        wrapped((sys.executable, "-m", "backend.admin", "create", EMAIL)),
        env=dict(env),
        cwd=ROOT,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise StackError(f"The demo account could not be made: {reason}")


def commands(data_dir: Path, port: int, password: str, file: Path | None) -> list[Command]:
    """Return the processes that upload a file, or else the sample clip, one after the other."""
    clip = data_dir / "sample.mp4"
    env = {
        "FRAMEMILL_SERVER": f"http://127.0.0.1:{port}",
        "FRAMEMILL_PASSWORD": password,
        # The person's own login stays as it is.
        "FRAMEMILL_HOME": str(data_dir / "demo"),
    }
    client = (sys.executable, "-m", "client")
    steps = [
        Command("The login of the demo account", (*client, "login", EMAIL), env, quiet=True),
        Command("The upload", (*client, "upload", str(file or clip), "--wait"), env, quiet=False),
    ]
    if file is None and not clip.exists():
        staged = clip.with_name("sample.new.mp4")
        staged.unlink(missing_ok=True)
        steps.insert(0, Command("The sample clip", _clip_command(staged), {}, quiet=True))
    return steps


def keep_clip(data_dir: Path) -> None:
    """Give a finished sample clip its name, so that a half-made one is never used."""
    staged = data_dir / "sample.new.mp4"
    if staged.exists():
        shutil.move(staged, data_dir / "sample.mp4")


def _clip_command(target: Path) -> tuple[str, ...]:
    """Return the FFmpeg command for ten seconds of moving test picture with a running clock."""
    return (
        str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y",
        "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30",
        # A quiet tone with a beep every second, to hear whether picture and sound keep together.
        "-f", "lavfi", "-i", "sine=frequency=220:beep_factor=4:sample_rate=48000",
        "-t", "10", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20",
        # What every player understands; the generator's own format is not.
        "-pix_fmt", "yuv420p",
        "-c:a", "aac", "-b:a", "128k", "-metadata", "title=Framemill sample", str(target),
    )  # fmt: skip


def _call(
    port: int, method: str, path: str, body: object = None, token: str = ""
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        payload = json.dumps(body) if body is not None else None
        connection.request(method, path, payload, headers)
        response = connection.getresponse()
        answer = json.loads(response.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StackError(f"The API did not answer {method} {path}: {error}") from None
    finally:
        connection.close()
    return response.status, answer if isinstance(answer, dict) else {}


def _explain(status: int, body: dict[str, Any]) -> str:
    return f"{status} {body.get('detail') or body.get('title') or 'without a reason'}"
