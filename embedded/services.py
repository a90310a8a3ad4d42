"""Framemill's own processes: resources, migrations, API, control and worker."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from embedded.component import Component
from embedded.emulator import ROOT
from embedded.store import LOOPBACK

_STOP_GRACE_S = 5.5  # the whole stack must be down within 10 s
_DRAIN_S = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nothing listens there; it is told apart


def service_parts(data_dir: Path, env: Mapping[str, str]) -> list[Component]:
    """Describe the steps and services; `env` is their environment."""
    backed = ("postgres", "migrate", "valkey", "emulator")

    def component(name: str, *arguments: str, after: tuple[str, ...], **further: Any) -> Component:
        log, argv = data_dir / "logs" / f"{name}.log", (sys.executable, *arguments)
        return Component(name, argv, log=log, after=after, cwd=ROOT, **{"env": env, **further})

    def with_pulse(name: str, package: str, pulse: Path) -> Component:
        # It has one from when it is at work.
        return component(
            name, "-m", package,
            after=(*backed, "provision"),
            env={**env, "PULSE_FILE": str(pulse)},
            ready=lambda _pid: pulse.exists(),
            prepare=lambda: pulse.unlink(missing_ok=True),
            grace=_STOP_GRACE_S,
        )  # fmt: skip

    return [
        # After a crash the emulator has lost its queues and rules; Postgres keeps its tables.
        component("provision", "localstack/provision.py", after=("emulator",), lost_with_need=True),
        component("migrate", "-m", "core.migrations", after=("postgres",)),
        # Not after `provision`: it loads meanwhile, and /readyz asks for what that makes.
        component(
            "api", "-m", "backend", after=backed, ready=lambda _pid: _is_ready(env),
            grace=_STOP_GRACE_S,
        ),
        with_pulse("control", "control", data_dir / "control.pulse"),
        with_pulse("worker", "workers", Path(env.get("PULSE_FILE") or data_dir / "worker.pulse")),
    ]  # fmt: skip


def service_environment(
    data_dir: Path, port: int, service_port: int, control_port: int, jwt_secret: str
) -> dict[str, str]:
    """Return the variables of the services that do not depend on where the other components are."""
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
    url = f"http://{LOOPBACK if host in _EVERYWHERE else host}:{env['SERVICE_PORT']}/readyz"
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
