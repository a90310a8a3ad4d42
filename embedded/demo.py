"""Shows the stack at work: a demo account, and one video uploaded the way any client would."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from embedded.component import wrapped
from embedded.emulator import ROOT
from embedded.errors import StackError
from embedded.ffmpeg import find_tools

EMAIL = "demo@framemill.example"


@dataclass(frozen=True)
class Command:
    """A process of the demonstration.

    `env` comes on top of what is inherited; `quiet` shows its output only if it fails.
    """

    label: str
    argv: tuple[str, ...]
    env: dict[str, str]
    quiet: bool


class Account:
    """The demo account, used from here."""

    def __init__(self, port: int, password: str) -> None:
        """Take where the API is and the password; nothing is asked yet."""
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15, trust_env=False)
        self._credentials = {"email": EMAIL, "password": password}
        self._refresh_token: str | None = None

    def open(self, make: Callable[[], None] | None) -> None:
        """Log in; `make` creates the account if registration is closed.

        Raises:
            StackError: the API answered something else.
        """
        if make is None:
            made = self._ask("POST", "/v1/auth/register", self._credentials)
            if not made.is_success and made.json().get("code") != "email_unavailable":
                raise StackError(f"The demo account could not be made: {_explain(made)}")
        elif self._log_in().status_code == httpx.codes.UNAUTHORIZED:
            make()
        if self._refresh_token is None:
            answer = self._log_in()
            if not answer.is_success:
                raise StackError(f"The demo account could not log in: {_explain(answer)}")

    def newest(self) -> dict[str, Any] | None:
        """Return the video that was begun last, as the API shows it; None when there is none.

        Raises:
            StackError: the API did not answer, or refused.
        """
        answer = self._ask("GET", "/v1/videos?limit=1")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._ask("GET", "/v1/videos?limit=1")
        if not answer.is_success:
            raise StackError(f"The library could not be listed: {_explain(answer)}")
        return next(iter(answer.json()["items"]), None)

    def close(self) -> None:
        """Log out."""
        with contextlib.suppress(StackError):
            self._ask("POST", "/v1/auth/logout", {"refresh_token": self._refresh_token})
        self._http.close()

    def _log_in(self) -> httpx.Response:
        answer = self._ask("POST", "/v1/auth/login", {**self._credentials, "client": "native"})
        if answer.is_success:
            self._refresh_token = answer.json()["refresh_token"]
            self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise StackError(f"The API did not answer {method} {path}: {error}") from None


def make_account(env: Mapping[str, str], password: str) -> None:
    """Make the demo account as the operator would; `env` is that of the services.

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


def _explain(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.json().get('detail')}"
