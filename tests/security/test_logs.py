"""What processes write down holds no secret, whatever goes wrong."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.adapters.postgres import Database
from embedded.ffmpeg import find_tools
from embedded.stack import EVERYTHING, Stack
from tests.support.components import send_signal
from tests.support.product import Clips, wait_for

pytestmark = pytest.mark.thorough("a stack of its own for what nobody may log")

PASSWORD, WRONG, KEY = "planted-password-1", "planted-guess-2", "planted-idempotency-key-3"


@dataclass
class Seen:
    """The secrets that there are by now, and the bodies of all refusals."""

    secrets: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def note(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 400:
            self.problems.append(answer.text)
        return answer

    def sign(self, name: str, url: str) -> str:
        [signature] = parse_qs(urlsplit(url).query)["X-Amz-Signature"]
        self.secrets[name] = signature
        return url

    def tokens(self, name: str, answer: httpx.Response) -> str:
        access: str = answer.json()["access_token"]
        self.secrets[f"access token of {name}"] = access.rpartition(".")[2]
        refresh = answer.json()["refresh_token"] or answer.cookies["framemill_refresh"]
        self.secrets[f"refresh token of {name}"] = refresh.rpartition(".")[2]
        return access


def found(secrets: dict[str, str], written: str) -> list[str]:
    """Name the secrets that stand in a text, plain or as in a URL."""
    return [
        name for name, value in secrets.items() if value in written or quote(value, "") in written
    ]


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Stack]:
    extra = {
        "LOG_LEVEL": "DEBUG", "SWEEP_S": "0.5", "RETRY_BASE_S": "0.2", "VISIBILITY_S": "4",
        "LEASE_S": "4", "HEARTBEAT_S": "1",
    }  # fmt: skip
    with Stack(tmp_path / "stack", EVERYTHING, extra=extra) as started:
        yield started


def planted(stack: Stack) -> dict[str, str]:
    """The secrets that the processes were started with."""
    environment = stack.environment
    urls = [urlsplit(environment[name]) for name in ("DATABASE_URL", "REDIS_URL")]
    found = {
        "JWT secret": environment["JWT_KEYS"].partition(":")[2],
        "S3 secret key": environment["AWS_SECRET_ACCESS_KEY"],
        "database password": urls[0].password or "",
        "Redis password": urls[1].password or "",
    }
    assert all(len(value) >= 16 for value in found.values())
    return found | {"password": PASSWORD, "wrong password": WRONG, "Idempotency-Key": KEY}


def _ordinary(http: httpx.Client, seen: Seen, film: Path) -> None:
    """An account, a browser's and a phone's session, and a film from beginning to end."""
    who = {"email": "ada@example.com", "password": PASSWORD}
    assert http.post("/v1/auth/register", json=who).status_code == 201
    seen.tokens("a browser", http.post("/v1/auth/login", json=who))
    seen.tokens("a browser, the next", http.post("/v1/auth/refresh"))
    token = seen.tokens("a phone", http.post("/v1/auth/login", json={**who, "client": "native"}))
    http.headers["Authorization"] = f"Bearer {token}"
    body = film.read_bytes()
    asked = {"filename": "film.mp4", "size": len(body)}
    upload = http.post("/v1/uploads", json=asked, headers={"Idempotency-Key": KEY}).json()
    signed = http.post(f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]}).json()
    url = seen.sign("URL of a part", signed["parts"][0]["url"])
    assert httpx.put(url, content=body, trust_env=False).status_code == 200
    video = http.post(f"/v1/uploads/{upload['id']}/complete").json()
    place = f"/v1/videos/{video['id']}"
    wait_for(lambda: http.get(place).json()["state"] in ("ready", "failed"))
    video = http.get(place).json()
    assert video["state"] == "ready", video
    seen.sign("URL of a rendition", video["renditions"][0]["url"])
    link = http.get(f"{place}/download/source").headers["location"]
    seen.sign("URL of the source", link)
    [job] = http.get(f"{place}/jobs").json()["items"]
    log = httpx.get(seen.sign("URL of a log", job["log_url"]), trust_env=False)
    assert not found(seen.secrets, log.text)


def _wrong(http: httpx.Client, seen: Seen) -> None:
    """Everything that a client can get wrong."""
    email = "ada@example.com"
    bodies: list[object] = [
        {"email": email, "password": WRONG}, {"email": WRONG, "password": [WRONG]},
        {"email": [WRONG], "password": WRONG, "client": WRONG}, {"password": PASSWORD}, WRONG,
        {"email": email, "password": PASSWORD}, {"refresh_token": [WRONG]},
        {"refresh_token": WRONG}, {"email": "x@example.com", "password": WRONG * 20},
    ]  # fmt: skip
    for path in ("register", "login", "refresh", "logout"):
        for body in bodies:
            seen.note(http.post(f"/v1/auth/{path}", json=body))
    seen.note(http.post("/v1/auth/login", content=f'{{"password": "{WRONG}"', headers=_JSON))
    for header in (f"Bearer {WRONG}", f"Basic {WRONG}", f"Bearer a.{WRONG}.c"):
        seen.note(http.get("/v1/me", headers={"Authorization": header}))
    film = {"filename": "other.mp4", "size": 1}
    seen.note(http.post("/v1/uploads", json=film, headers={"Idempotency-Key": KEY}))
    assert len(seen.problems) >= 20


_JSON = {"Content-Type": "application/json"}


def _without(http: httpx.Client, seen: Seen, stack: Stack, part: str) -> None:
    """A part is killed, and everybody goes on asking."""
    send_signal(stack.supervisor, part, signal.SIGKILL)
    ready = f"http://127.0.0.1:{stack.environment['SERVICE_PORT']}/readyz"
    wait_for(lambda: seen.note(http.get(ready)).status_code == 503)
    who = {"email": "ada@example.com", "password": PASSWORD}
    seen.note(http.post("/v1/auth/login", json=who))
    seen.note(http.post("/v1/auth/register", json={**who, "email": "new@example.com"}))
    seen.note(http.post("/v1/auth/refresh"))
    seen.note(http.get("/v1/videos"))
    film = {"filename": "film.mp4", "size": 1}
    seen.note(http.post("/v1/uploads", json=film, headers={"Idempotency-Key": KEY + part}))


def test_no_secret_is_written_down(
    product: Stack, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    tools = find_tools().environment
    film = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"]).short(
        tmp_path / "film.mp4", seconds=1
    )
    seen = Seen(planted(product))
    address = f"http://127.0.0.1:{product.port}"
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as http:
        _ordinary(http, seen, film)
        _wrong(http, seen)
        for part in ("emulator", "postgres", "valkey"):
            _without(http, seen, product, part)
    product.stop()
    logs = {path.name: path.read_text() for path in (product.data_dir / "logs").glob("*.log")}
    assert {"api.log", "worker.log", "postgres.log", "valkey.log"} <= set(logs)
    # The logs are there and hold what went wrong.
    assert "dependency_unavailable" in logs["api.log"]
    assert logs["worker.log"].count("\n") > 3
    written = {**logs, "problems": "\n".join(seen.problems)}
    leaks = {name: told for name, each in written.items() if (told := found(seen.secrets, each))}
    total = len(seen.secrets)
    found_at_all = {name for told in leaks.values() for name in told}
    figure("secrets in logs and refusals", f"{total - len(found_at_all)} of {total} not found")
    assert total >= 10
    assert not leaks


async def test_a_statement_that_fails_does_not_show_what_it_was_given(db: Database) -> None:
    statement = text("SELECT 1 / 0 WHERE CAST(:secret AS text) <> ''")
    with pytest.raises(DBAPIError) as failed:
        async with db.autocommit() as connection:
            await connection.execute(statement, {"secret": PASSWORD})
    told = f"{failed.value} {failed.value!r}"
    assert "division by zero" in told
    assert PASSWORD not in told
