"""A run of docker-compose.yml with a name and ports of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.store import free_ports

ROOT = Path(__file__).resolve().parents[2]
# Start an API that nobody else uses, ask it whether it is ready, and end it.
ASK_READY = (
    "timeout 60 python -m backend & until python -m backend.health.probe /healthz; "
    "do sleep 0.2; done >/dev/null; python -m backend.health.probe /readyz; kill $!; wait"
)
_PORTS = ("API_PORT", "PAGE_PORT", "LOCALSTACK_PORT", "S3_PORT")


@dataclass
class Project:
    """Containers, networks and volumes under one name.

    Attributes:
        name: of the project.
        variables: what docker-compose.yml is told.
        directory: where docker-compose.yml and the settings are.
    """

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    directory: Path = ROOT

    @property
    def api(self) -> str:
        """The API as the browser knows it."""
        return f"http://localhost:{self.variables['API_PORT']}"

    @property
    def page(self) -> str:
        """The page as the browser knows it."""
        return f"http://localhost:{self.variables['PAGE_PORT']}"

    @property
    def store(self) -> str:
        """The object store as the browser knows it."""
        default = f"http://localhost:{self.variables['LOCALSTACK_PORT']}"
        return self.variables.get("S3_PUBLIC_URL", default)

    def run(
        self,
        *arguments: str,
        check: bool = True,
        seconds: float = 300,
        given: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose`, give it some lines, and return what it said."""
        done = subprocess.run(
            ["docker", "compose", "--ansi", "never", "--progress", "plain", *arguments],
            cwd=self.directory,
            env={**os.environ, "COMPOSE_PROJECT_NAME": self.name, **self.variables},
            capture_output=True, text=True, timeout=seconds, check=False,
            input=given,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *arguments: str) -> float:
        """Start what is not running, wait until it is healthy, and return the seconds it took."""
        began = time.monotonic()
        self.run("up", "--detach", "--wait", *arguments, seconds=1800)
        return time.monotonic() - began

    def logs(self, service: str) -> str:
        """Everything that the containers of a service have written."""
        return self.run("logs", "--no-log-prefix", "--no-color", service).stdout

    def events(self, service: str, name: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        lines = self.logs(service).splitlines()
        # Some releases of Compose write a control sequence before each line.
        found = [json.loads(line[line.index("{") :]) for line in lines if "{" in line]
        return [entry for entry in found if entry.get("event") == name]

    def sql(self, query: str) -> list[list[str]]:
        """Ask the database."""
        done = self.run(
            "exec", "-T", "postgres", "psql", "--username", "postgres", "--dbname", "framemill",
            "--no-align", "--tuples-only", "--field-separator", "\t", "--command", query,
        )  # fmt: skip
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def crash(self, service: str) -> None:
        """End all processes of a service at once, as a crash of its machine would."""
        for name in self.containers(service):
            pid = inspect(name)["State"]["Pid"]
            try:
                os.kill(pid, signal.SIGKILL)
            except (PermissionError, ProcessLookupError):
                # The engine's processes are out of reach; it does not restart what it kills itself.
                subprocess.run(["docker", "kill", name], capture_output=True, check=True)
                subprocess.run(["docker", "start", name], capture_output=True, check=True)

    def containers(self, service: str) -> list[str]:
        """The ids of the containers of a service, those that have ended too."""
        return self.run("ps", "--all", "--quiet", service).stdout.split()

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine knows of the first container of a service."""
        return inspect(self.containers(service)[0])


def inspect(name: str) -> dict[str, Any]:
    """What the engine knows of a container or an image."""
    done = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@contextmanager
def a_project(name: str, more: Mapping[str, str] | None = None) -> Iterator[Project]:
    """Lend a project in which anybody may register; nothing of it is left afterwards."""
    ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
    project = Project(f"{name}-{os.getpid()}", {**ports, "REGISTRATION": "open", **(more or {})})
    if "S3_URL" in project.variables:
        project.variables["S3_PUBLIC_URL"] = f"http://localhost:{ports['S3_PORT']}"
    try:
        yield project
    finally:
        project.run("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
