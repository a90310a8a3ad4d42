"""Framemill's own processes: resources, migrations, API, control and worker."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.emulator import ROOT
from embedded.part import Part
from embedded.store import LOOPBACK

_STOP_GRACE_S = 5.5  # the whole stack must be down within 10 s
_DRAIN_S = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nothing listens there; it is told apart


def service_parts(data_dir: Path, env: Mapping[str, str]) -> dict[str, Part]:
    """Describe the steps and services by name; `env` is their environment."""
    logs = data_dir / "logs"
    pulse = Path(env.get("PULSE_FILE") or data_dir / "worker.pulse")
    control_pulse = data_dir / "control.pulse"
    backed = ("postgres", "migrate", "valkey", "emulator")

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
            after=backed,
            ready=lambda _pid: _is_ready(env),
            cwd=ROOT,
            grace=_STOP_GRACE_S,
        ),
        "control": Part(
            name="control",
            argv=(sys.executable, "-m", "control"),
            env={**env, "PULSE_FILE": str(control_pulse)},
            log=logs / "control.log",
            after=(*backed, "provision"),
            ready=lambda _pid: control_pulse.exists(),
            prepare=lambda: control_pulse.unlink(missing_ok=True),
            cwd=ROOT,
            grace=_STOP_GRACE_S,
        ),
        "worker": Part(
            name="worker",
            argv=(sys.executable, "-m", "workers"),
            env={**env, "PULSE_FILE": str(pulse)},
            log=logs / "worker.log",
            after=(*backed, "provision"),
            # It listens on no port; it has a pulse from when it asks for work.
            ready=lambda _pid: pulse.exists(),
            prepare=lambda: pulse.unlink(missing_ok=True),
            cwd=ROOT,
            grace=_STOP_GRACE_S,
        ),
    }


def service_environment(
    data_dir: Path, port: int, service_port: int, control_port: int, jwt_secret: str
) -> dict[str, str]:
    """Return the variables of the services that do not depend on where the other parts are."""
    pages = (port, 5173, 4173)  # the API itself, and Vite's development and preview servers
    origins = [f"http://{host}:{each}" for each in pages for host in ("127.0.0.1", "localhost")]
    return {
        "FRAMEMILL_MODE": "embedded",
        "HOST": LOOPBACK,
        "PORT": str(port),
        "SERVICE_HOST": LOOPBACK,
        "SERVICE_PORT": str(service_port),
        "CONTROL_PORT": str(control_port),
        # Whoever reaches it is at this machine.
        "REGISTRATION": "open",
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


def _is_ready(env: Mapping[str, str]) -> bool:
    host = env["SERVICE_HOST"]
    host = LOOPBACK if host in _EVERYWHERE else host
    connection = http.client.HTTPConnection(host, int(env["SERVICE_PORT"]), timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
