"""Shows the stack at work: a demo account, and one video uploaded the way any client would."""

import http.client
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.errors import StackError
from embedded.ffmpeg import find_tools

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


def open_account(port: int, password: str) -> bool:
    """Make sure that the demo account is there; tell whether it has a video already.

    Raises:
        StackError: the API answered something else.
    """
    account = {"email": EMAIL, "password": password}
    status, body = _call(port, "POST", "/v1/auth/register", account)
    if status != http.HTTPStatus.CREATED and body.get("code") != "email_unavailable":
        raise StackError(f"The demo account could not be made: {_explain(status, body)}")
    status, body = _call(port, "POST", "/v1/auth/login", {**account, "client": "native"})
    if status != http.HTTPStatus.OK:
        raise StackError(f"The demo account could not log in: {_explain(status, body)}")
    token = str(body["access_token"])
    refresh = {"refresh_token": body.get("refresh_token")}
    status, body = _call(port, "GET", "/v1/videos?limit=1", token=token)
    _call(port, "POST", "/v1/auth/logout", refresh, token=token)
    if status != http.HTTPStatus.OK:
        raise StackError(f"The library could not be listed: {_explain(status, body)}")
    return bool(body["items"])


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
