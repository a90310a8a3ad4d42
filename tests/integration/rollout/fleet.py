"""Processes of the release before and of this one, side by side on one of everything."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from core.migrations.upgrade import upgrade
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from embedded.store import free_ports
from tests.support import release_before, warm
from tests.support.databases import own_database
from tests.support.product import PASSWORD
from tests.support.settings import Settings
from tests.support.waiting import wait_until

OLD, NEW = "the release before", "this release"
# Short enough to wait for a lease to lapse, long enough for a busy machine.
_IMPATIENT = {
    "LEASE_S": "6",
    "HEARTBEAT_S": "2",
    "VISIBILITY_S": "6",
    "PROGRESS_S": "0.3",
    "SWEEP_S": "0.5",
    "RETRY_BASE_S": "0.2",
    "REDISPATCH_S": "30",
    "RATE_LIMIT_ADDRESS": "100000",
    "RATE_LIMIT_UPLOADS": "100000",
    "FORGET_DELETED_S": "3600",
}


@dataclass
class Fleet:
    """Everything that a rollout has at work.

    Attributes:
        code: of the release before.
        place: for logs and scratch files.
        environment: of every process.
        database_url: of the one database, for this project's own code.
        apis: the address of the API of each release.
        workers: those that were started, by release.
        others: further processes.
    """

    code: Path
    place: Path
    environment: dict[str, str]
    database_url: str
    apis: dict[str, str] = field(default_factory=dict)
    workers: dict[str, list[warm.Running]] = field(default_factory=lambda: {OLD: [], NEW: []})
    others: list[warm.Running] = field(default_factory=list)

    async def start_api(self, release: str) -> None:
        """Start the API of a release, and wait until it is ready."""
        port, service_port = free_ports(2)
        ports = {"PORT": str(port), "SERVICE_PORT": str(service_port)}
        process = self._start(release, "backend", ports)
        self.others.append(process)
        self.apis[release] = f"http://127.0.0.1:{port}"

        async def ready() -> bool:
            assert process.poll() is None, f"the API of {release} has ended"
            try:
                async with httpx.AsyncClient(trust_env=False) as http:
                    answer = await http.get(f"http://127.0.0.1:{service_port}/readyz")
            except httpx.HTTPError:
                return False
            return answer.status_code == 200

        await wait_until(ready, 30)

    def start_worker(self, release: str) -> Path:
        """Start a worker of a release; return the file that is there once it asks for work."""
        scratch, pulse = (self.place / f"{each}-{uuid.uuid4().hex}" for each in ("disk", "pulse"))
        more = {"SCRATCH_DIR": str(scratch), "PULSE_FILE": str(pulse)}
        self.workers[release].append(self._start(release, "workers", more))
        return pulse

    async def start_control(self) -> None:
        """Start control, which only this release has, and wait until it is at work."""
        pulse = self.place / "control.pulse"
        more = {"CONTROL_PORT": "0", "PULSE_FILE": str(pulse)}
        self.others.append(self._start(NEW, "control", more))
        await wait_until(pulse.exists, 30)

    @property
    def dead(self) -> int:
        """How many processes have ended that nobody has asked to."""
        processes = (*self.workers[OLD], *self.workers[NEW], *self.others)
        return sum(process.poll() is not None for process in processes)

    def kill_worker(self, release: str) -> None:
        """End a worker as a crash of its machine would."""
        process = self.workers[release].pop(0)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    async def migrate(self) -> None:
        """Bring the database over, whoever is at work."""
        await asyncio.to_thread(upgrade, self.database_url)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """Read from the database."""
        connection = await asyncpg.connect(self.environment["DATABASE_URL"])
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    def close(self) -> None:
        """Leave no process behind."""
        for process in (*self.workers[OLD], *self.workers[NEW], *self.others):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, release: str, service: str, more: dict[str, str]) -> warm.Running:
        environment = self.environment | more
        log = self.place / f"{service}-{release.replace(' ', '-')}-{uuid.uuid4().hex[:8]}.log"
        if release == OLD:
            return release_before.start(service, self.code, environment, log)
        return warm.start_cold(service, os.environ | environment, log)


@asynccontextmanager
async def fleet_of(stack: Stack, settings: Settings, place: Path) -> AsyncIterator[Fleet]:
    """Lend a database as the release before makes it, with no process yet.

    Raises:
        NoHistoryError: that release is not here.
    """
    code = release_before.unpacked(place / "code")
    async with own_database(stack, template="template1") as address:
        environment = (
            stack.environment
            | find_tools().environment
            | {
                "DATABASE_URL": address,
                "SQS_QUEUE": settings.sqs_queue,
                "SQS_DEAD_LETTER_QUEUE": settings.sqs_dead_letter_queue,
                "LOG_FORMAT": "json",
            }
            | _IMPATIENT
        )
        await asyncio.to_thread(release_before.migrate, code, environment)
        url = Settings(database_url=address, redis_url="redis://nobody").database_url
        fleet = Fleet(code, place, environment, url.get_secret_value())
        try:
            yield fleet
        finally:
            fleet.close()


@dataclass
class Owner:
    """Somebody who uses both APIs; `faults` are the answers that nobody should get."""

    fleet: Fleet
    http: httpx.AsyncClient
    faults: list[str] = field(default_factory=list)

    async def enter(self) -> None:
        """Make an account and log in, at the API of the release before."""
        body = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
        await self.ask(OLD, "POST", "/v1/auth/register", body)
        answer = await self.ask(OLD, "POST", "/v1/auth/login", body | {"client": "native"})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def ask(self, release: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the API of a release."""
        url = self.fleet.apis[release] + path
        answer = await self.http.request(method, url, json=body, timeout=60)
        if answer.status_code >= 500:
            self.faults.append(f"{method} {path} at {release}: {answer.status_code} {answer.text}")
        return answer

    async def upload(self, release: str, film: bytes) -> str:
        """Upload a film through the API of a release; return the video's id."""
        asked = {"filename": "film.mp4", "size": len(film)}
        upload = (await self.ask(release, "POST", "/v1/uploads", asked)).json()
        path = f"/v1/uploads/{upload['id']}"
        numbers = list(range(1, upload["part_count"] + 1))
        signed = await self.ask(release, "POST", f"{path}/parts", {"part_numbers": numbers})
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60) as plain:
            for part in signed.json()["parts"]:
                first = (part["part_number"] - 1) * upload["part_size"]
                body = film[first : first + part["size"]]
                (await plain.put(part["url"], content=body)).raise_for_status()
        answer = await self.ask(release, "POST", f"{path}/complete")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def seen(self, release: str, video_id: str) -> dict[str, Any] | None:
        """Return a video as the API of a release shows it; None when there is none."""
        answer = await self.ask(release, "GET", f"/v1/videos/{video_id}")
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, video_id: str, *states: str) -> str:
        """Wait until a video is in one of some states; return which."""
        found = ""

        async def reached() -> bool:
            nonlocal found
            seen = await self.seen(NEW if NEW in self.fleet.apis else OLD, video_id)
            found = "deleted" if seen is None else seen["state"]
            assert found != "failed" or "failed" in states, seen
            return found in states

        await wait_until(reached, 120)
        return found
