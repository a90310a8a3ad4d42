"""Makes `release_before.sql`, a database as the release before leaves it, and what its API says.

    python -m tests.integration.core.migrations.make_release_before

It runs that release on a stack of its own, has people use it until there is some of everything, and
ends in the middle of work. Beside the dump it writes `release_before.json`: what the API answered
each account at that moment, with signed URLs cut off at what is signed. The release before is in
the project's history, so this cannot be run once that has been left out of a clone.
"""

import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from embedded.ffmpeg import find_tools
from embedded.postgres import _bin_dir
from embedded.stack import BACKING, Stack
from embedded.store import free_ports
from tests.support import release_before
from tests.support.product import PASSWORD, Clips
from tests.support.waiting import wait_for

HERE = Path(__file__).parent
SQL, ANSWERS = HERE / "release_before.sql", HERE / "release_before.json"
# Past the API, which has none while anybody may make an account.
_INVITES = """
INSERT INTO invites (id, code_hash, email, created_by, expires_at, used_at, used_by)
  SELECT gen_random_uuid(), md5(users.email), users.email, admin.id, now() + interval '1 day',
    CASE WHEN users.email LIKE 'ada%' THEN now() END,
    CASE WHEN users.email LIKE 'ada%' THEN users.id END
  FROM users, users AS admin WHERE admin.role = 'admin' AND users.email < 'c'
"""
_SIGNED = re.compile(r'\?[^"\s]*')


@dataclass
class User:
    """Somebody with an account."""

    http: httpx.Client
    email: str
    answers: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def begin(self, name: str, body: bytes, **more: Any) -> Any:
        """Begin an upload and send all of it."""
        asked = {"filename": name, "size": len(body), **more}
        upload = self.ask("POST", "/v1/uploads", asked)
        numbers = list(range(1, upload["part_count"] + 1))
        signed = self.ask("POST", f"/v1/uploads/{upload['id']}/parts", {"part_numbers": numbers})
        for part in signed["parts"]:
            first = (part["part_number"] - 1) * upload["part_size"]
            httpx.put(part["url"], content=body[first : first + part["size"]]).raise_for_status()
        return upload

    def upload(self, name: str, body: bytes, **more: Any) -> str:
        """Upload a film and return the video's id."""
        upload = self.begin(name, body, **more)
        return str(self.ask("POST", f"/v1/uploads/{upload['id']}/complete")["id"])

    def state(self, video_id: str) -> str:
        return str(self.ask("GET", f"/v1/videos/{video_id}")["state"])

    def until(self, video_id: str, state: str) -> None:
        wait_for(lambda: self.state(video_id) == state, 60, lambda: self.state(video_id))

    def note(self, path: str) -> Any:
        """Keep what the API says at a path."""
        found = self.ask("GET", path)
        self.answers[path] = json.loads(_SIGNED.sub("", json.dumps(found)))
        return found


class Release:
    """The release before at work on a stack."""

    def __init__(self, stack: Stack, place: Path) -> None:
        self.stack = stack
        self.place = place
        self.code = release_before.unpacked(place / "code")
        port, service = free_ports(2)
        self.environment = (
            stack.process_environment
            | find_tools().environment
            | {
                "PORT": str(port),
                "SERVICE_PORT": str(service),
                "SCRATCH_DIR": str(place / "scratch"),
                "PROGRESS_S": "0.2",
                "RATE_LIMIT_ADDRESS": "100000",
            }
        )
        self.address = f"http://127.0.0.1:{port}"
        self.ready = f"http://127.0.0.1:{service}/readyz"

    def start(self, service: str) -> "subprocess.Popen[bytes]":
        log = self.place / f"{service}-{uuid.uuid4().hex}.log"
        return release_before.start(service, self.code, self.environment, log)

    def answers(self) -> bool:
        try:
            return httpx.get(self.ready).status_code == 200
        except httpx.HTTPError:
            return False

    def person(self, name: str) -> User:
        email = f"{name}@example.com"
        http = httpx.Client(base_url=self.address, timeout=30)
        user = User(http, email)
        body = {"email": email, "password": PASSWORD}
        user.ask("POST", "/v1/auth/register", body)
        token = user.ask("POST", "/v1/auth/login", body | {"client": "native"})["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        return user

    def sql(self, statement: str) -> Any:
        async def run() -> Any:
            connection = await asyncpg.connect(self.stack.environment["DATABASE_URL"])
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(run())


def _films(place: Path) -> Callable[[float], bytes]:
    tools = find_tools().environment
    clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])

    def film(seconds: float) -> bytes:
        path = place / f"{seconds:g}.mp4"
        if not path.exists():
            clips.short(path, seconds=seconds, size="1280x720")
        return path.read_bytes()

    return film


def used(release: Release) -> list[User]:
    """Have people use it; no worker is left, and nobody can do anything more afterwards."""
    film = _films(release.place)
    worker = release.start("workers")
    ada, bob, gone = (release.person(name) for name in ("ada", "bob", "gone"))
    admin = release.person("admin")
    release.sql("UPDATE users SET role = 'admin' WHERE email = 'admin@example.com'")
    release.sql(_INVITES)

    ready = ada.upload("harbour.mp4", film(1), title="Der Hafen, 夜明け")
    deleted = ada.upload("deleted.mp4", film(1))
    again = bob.upload("again.mp4", film(1))
    worse = bob.upload("worse.mp4", film(1))
    for owner, video in ((ada, ready), (ada, deleted), (bob, again), (bob, worse)):
        owner.until(video, "ready")
    ada.ask("DELETE", f"/v1/videos/{deleted}")
    # Made twice, well.
    bob.ask("POST", f"/v1/videos/{again}/jobs", {"operation": "transcode"})
    bob.until(again, "ready")
    # Made twice, and the second time its source is another one.
    release.sql(f"UPDATE videos SET source_etag = 'another' WHERE id = '{worse}'")
    bob.ask("POST", f"/v1/videos/{worse}/jobs", {"operation": "transcode"})
    bob.until(worse, "failed")
    broken = ada.upload("broken.mp4", bytes(range(256)) * 64)
    ada.until(broken, "failed")
    gone.upload("gone.mp4", film(1))
    gone.ask("POST", "/v1/me/delete", {"password": PASSWORD})

    long = bob.upload("long.mp4", film(20))

    def encoding() -> bool:
        seen = bob.ask("GET", f"/v1/videos/{long}")
        return bool(seen["stage"] == "encoding" and seen["progress"] > 5)

    wait_for(encoding, 60)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    for name in ("first.mp4", "second.mp4"):
        ada.upload(name, film(1))
    bob.upload("third.mp4", film(1))
    cancelled = ada.upload("cancelled.mp4", film(1))
    ada.ask("POST", f"/v1/videos/{cancelled}/cancel")
    ada.begin("half.mp4", film(1))
    return [ada, bob, admin]


def note_all(user: User) -> None:
    """Keep what the API tells a user of everything that is theirs."""
    user.note("/v1/me")
    for video in user.note("/v1/videos")["items"]:
        path = f"/v1/videos/{video['id']}"
        user.note(path)
        user.note(f"{path}/jobs")
        for rendition in video["renditions"]:
            user.note(f"{path}/download/{rendition['name']}?redirect=false")
    user.note("/v1/jobs")


def dumped(url: str) -> str:
    """Return the database as SQL that any connection can run."""
    command = (str(_bin_dir() / "pg_dump"), "--inserts", "--no-owner", "--no-privileges", url)
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    lines = done.stdout.splitlines()
    # Without what only `psql` understands, and what says nothing.
    kept = [line for line in lines if line and not line.startswith(("--", "\\", "SET "))]
    return "\n".join(kept) + "\n"


def main() -> int:
    """Make both files."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o755)
        with Stack(place / "stack", BACKING) as stack:
            release = Release(stack, place)
            release_before.migrate(release.code, release.environment)
            api = release.start("backend")
            wait_for(release.answers, 60)
            users = used(release)
            time.sleep(2)  # its relay and its sweeps have no more to do
            for user in users:
                note_all(user)
            api.terminate()
            api.wait()
            SQL.write_text(dumped(stack.environment["DATABASE_URL"]))
    found = {user.email: user.answers for user in users}
    ANSWERS.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
