"""Framemill's own processes: resources, migrations, API and worker."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.emulator import ROOT
from embedded.part import Part

_STOP_GRACE_S = 5.5  # the whole stack must be down within 10 s
_DRAIN_S = 4


def service_parts(data_dir: Path, env: Mapping[str, str], port: int) -> dict[str, Part]:
    """Describe the steps and services by name; `env` is their environment."""
    logs = data_dir / "logs"

    def step(name: str, *arguments: str, after: str, lost_with_need: bool = False) -> Part:
        argv = (sys.executable, *arguments)
        log = logs / f"{name}.log"
        return Part(name, argv, env, log, after=(after,), cwd=ROOT, lost_with_need=lost_with_need)

    return {
        # After a crash the emulator has lost its queues and rules; Postgres keeps its tables.
        "provision": step(
            "provision", "localstack/provision.py", after="emulator", lost_with_need=True
        ),
        "migrate": step("migrate", "-m", "core.migrations", after="postgres"),
        "api": Part(
            name="api",
            argv=(sys.executable, "-m", "backend"),
            env=env,
            log=logs / "api.log",
            # Not after `provision`: it loads meanwhile, and /readyz asks for what that makes.
            after=("postgres", "migrate", "valkey", "emulator"),
            ready=lambda _pid: _is_ready(port),
            cwd=ROOT,
            grace=_STOP_GRACE_S,
        ),
        "worker": Part(
            name="worker",
            argv=(sys.executable, "-m", "workers"),
            env=env,
            log=logs / "worker.log",
            after=("postgres", "migrate", "valkey", "emulator", "provision"),
            # It serves nobody; when it cannot work it ends, and that is noticed.
            ready=lambda _pid: True,
            cwd=ROOT,
            grace=_STOP_GRACE_S,
        ),
    }


def service_environment(data_dir: Path, port: int, jwt_secret: str) -> dict[str, str]:
    """Return the variables of the services that do not depend on where the other parts are."""
    pages = (port, 5173, 4173)  # the API itself, and Vite's development and preview servers
    origins = [f"http://{host}:{each}" for each in pages for host in ("127.0.0.1", "localhost")]
    return {
        "FRAMEMILL_MODE": "embedded",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ALLOWED_ORIGINS": ",".join(origins),
        "COOKIE_SECURE": "false",  # plain HTTP on the loopback address
        "JWT_KEYS": f"embedded:{jwt_secret}",
        "S3_BUCKET": "framemill",
        "SQS_QUEUE": "framemill-tasks",
        "SQS_DEAD_LETTER_QUEUE": "framemill-tasks-dead",
        "SCRATCH_DIR": str(data_dir / "scratch"),
        "DRAIN_S": str(_DRAIN_S),
        "PYTHONUNBUFFERED": "1",
    }


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
