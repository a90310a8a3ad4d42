"""A real API with the settings that a way to run it gives, and what it must keep closed."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from embedded.stack import Stack
from embedded.store import free_ports
from tests.support.product import PASSWORD, PROJECT, wait_for

OPERATORS = ("/readyz", "/metrics")
_QUOTA = 100 * 1024**3
# Where the parts are, and what opens them: in a test that is the stack's to say.
_PLACES = (
    "DATABASE_",
    "REDIS_",
    "AWS_",
    "S3_",
    "SQS_",
    "JWT_",
    "ALLOWED_ORIGINS",
    "TRUSTED_PROXIES",
)


@dataclass(frozen=True)
class Ways:
    """Where a running API is.

    Attributes:
        api: the address that people come to.
        service: the address of the service routes.
        environment: of its process.
        log: what it has written.
    """

    api: str
    service: str
    environment: Mapping[str, str]
    log: Path

    def opened(self) -> dict[str, object]:
        """What it said of itself at its start."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        [found] = [each for each in lines if each["event"] == "open"]
        return dict(found)


@contextmanager
def an_api(stack: Stack, variables: Mapping[str, str], folder: Path) -> Iterator[Ways]:
    """Run the API's own process on the parts of a stack, with the variables of a way to run it."""
    log = folder / "api.log"
    process, found = _started(stack, variables, log)
    try:
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _started(
    stack: Stack, variables: Mapping[str, str], log: Path
) -> tuple[subprocess.Popen[bytes], Ways]:
    while True:
        ports = free_ports(2)
        environment = _environment(stack, variables, *ports)
        with log.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "backend"], cwd=PROJECT, env=environment,
                stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT,
            )  # fmt: skip
        api, service = (f"http://127.0.0.1:{port}" for port in ports)
        if _gets_ready(process, service, log):
            return process, Ways(api, service, environment, log)
        # Another test can take a free port before the API does.
        assert "address already in use" in log.read_text().lower(), log.read_text()


def _environment(
    stack: Stack, variables: Mapping[str, str], port: int, service_port: int
) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(_PLACES)},
        **{name: value for name, value in stack.environment.items() if name.startswith(_PLACES)},
        **{name: value for name, value in variables.items() if not name.startswith(_PLACES)},
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SERVICE_PORT": str(service_port),
        # Others' tests share the parts: their rows are left alone, and their logins do not count.
        "SWEEP_S": "3600",
        "RATE_LIMIT_ADDRESS": "1000000",
        "PYTHONUNBUFFERED": "1",
    }


def _gets_ready(process: subprocess.Popen[bytes], service: str, log: Path) -> bool:
    with httpx.Client(base_url=service, trust_env=False) as http:
        wait_for(lambda: process.poll() is not None or _is_ready(http), 180, log.read_text)
    return process.poll() is None


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def check_closed(found: Ways) -> None:
    """Ask as strangers and as operators do; fail when anything is open.

    Raises:
        AssertionError: it is.
    """
    with httpx.Client(base_url=found.api, trust_env=False) as http:
        assert http.get("/v1/auth/registration").json() == {"registration": "closed"}
        body = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
        refused = http.post("/v1/auth/register", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "registration_closed")
        answers = {path: http.get(path).status_code for path in (*OPERATORS, "/healthz")}
        assert answers == {"/readyz": 404, "/metrics": 404, "/healthz": 200}
    with httpx.Client(base_url=found.service, trust_env=False) as http:
        answers = {path: http.get(path).status_code for path in (*OPERATORS, "/healthz")}
        assert answers == {"/readyz": 200, "/metrics": 200, "/healthz": 200}
        assert http.get("/v1/auth/registration").status_code == 404
    told = found.opened()
    assert (told["registration"], told["user_quota_bytes"]) == ("closed", _QUOTA)


def check_first_account(found: Ways) -> None:
    """Make it by the command, without a terminal; fail when it cannot log in and let others in.

    Raises:
        AssertionError: it cannot.
    """
    email = f"{secrets.token_hex(6)}@example.com"
    done = subprocess.run(
        [sys.executable, "-m", "backend.admin", "create", email],
        cwd=PROJECT, env=found.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    password = done.stdout.split()[-1]
    with httpx.Client(base_url=found.api, trust_env=False) as http:
        login = http.post("/v1/auth/login", json={"email": email, "password": password})
        assert login.status_code == 200, login.text
        http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        assert http.get("/v1/me").json()["role"] == "admin"
        assert http.get("/v1/admin/invites").status_code == 200
