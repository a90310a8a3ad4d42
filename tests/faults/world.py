"""A world for faults: what the product stands on, processes of it to be ill-treated, and a user."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from core.adapters.postgres import Database
from core.errors import DatabaseAway
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from embedded.store import free_ports
from tests.faults import history, judging, processes
from tests.faults.clips import FaultClips
from tests.faults.processes import Process
from tests.faults.timing import Timing
from tests.support.product import PASSWORD
from tests.support.waiting import patience

_START_S = 120.0
_LOOK_S = 0.1


@dataclass
class World:
    """Everything that a scenario works with; `opening.opened` makes one.

    Attributes:
        stack: Postgres, Valkey, and the emulator of S3 and SQS.
        directory: for logs and scratch files; empty at the beginning.
        timing: how patient the product is.
        clips: films to upload.
        mutations: protections that every process of this world does without.
        focus: the kinds of tries to make, of a scenario that makes several; all when empty.
        extra: further settings of every process.
        database_url: this world's own database.
        db: the same, for looking.
        s3: the SDK's own client.
        sqs: the SDK's own client.
        queue_url: this world's own queue.
        dead_queue_url: where what is received too often goes.
        bucket: the bucket.
        http: a user's client; addresses must be whole, see `url`.
        apis: the APIs that were started, in that order.
        controls: the same of control, which the first API brings if none was started before.
        workers: the workers that were started, in that order.
        acknowledged: when the API said 202 to which video, seconds since the epoch.
    """

    stack: Stack
    directory: Path
    timing: Timing
    clips: FaultClips
    mutations: tuple[str, ...]
    focus: tuple[str, ...]
    extra: dict[str, str]
    database_url: str
    db: Database
    s3: Any
    sqs: Any
    queue_url: str
    dead_queue_url: str
    bucket: str
    http: httpx.AsyncClient
    apis: list[Process] = field(default_factory=list)
    controls: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    acknowledged: dict[uuid.UUID, float] = field(default_factory=dict)

    # Processes

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process of this world."""
        return (
            self.stack.environment
            | find_tools().environment
            | {
                "DATABASE_URL": self.database_url,
                "SQS_QUEUE": self.queue_url.rpartition("/")[2],
                "SQS_DEAD_LETTER_QUEUE": self.dead_queue_url.rpartition("/")[2],
                "RATE_LIMIT_ADDRESS": "100000",
                "RATE_LIMIT_UPLOADS": "100000",
                "LOG_LEVEL": "INFO",
                "LOG_FORMAT": "json",
            }
            | self.timing.environment
            | self.extra
        )

    @property
    def scratch(self) -> Path:
        """Where the workers work, each in a directory of its own."""
        return self.directory / "scratch"

    async def start_api(self, *mutations: str, port: int = 0, **extra: str) -> Process:
        """Start an API and wait until it is ready; give the port of a dead one to replace it."""
        if not self.controls:
            await self.start_control()
        port, service_port = [*([port] if port else []), *free_ports(2)][:2]
        ports = {"PORT": str(port), "SERVICE_PORT": str(service_port)}
        process = self._start("backend", mutations, ports | extra, port)
        process.service_port = service_port
        self.apis.append(process)
        await self.until(lambda: self.serves(process), _START_S, "the API is ready")
        if "authorization" not in self.http.headers:
            await self._log_in(process)
        return process

    async def start_control(self, *mutations: str, **extra: str) -> Process:
        """Start control and wait until it is at work."""
        process = self._start("control", mutations, {"CONTROL_PORT": "0"} | extra)
        self.controls.append(process)

        def works() -> bool:
            assert process.alive, f"control has ended:\n{process.log.read_text()[-2000:]}"
            return bool(process.events("control_started"))

        await self.until(works, _START_S, "control works")
        return process

    async def start_worker(self, *mutations: str, **extra: str) -> Process:
        """Start a worker and wait until it asks for work."""
        # Each has a disk of its own, as if it were the only worker on its machine.
        place = {"SCRATCH_DIR": str(self.scratch / f"disk-{uuid.uuid4().hex[:8]}")}
        process = self._start("workers", mutations, place | extra)
        self.workers.append(process)

        def works() -> bool:
            assert process.alive, f"the worker has ended:\n{process.log.read_text()[-2000:]}"
            return bool(process.events("worker_started"))

        await self.until(works, _START_S, "the worker works")
        return process

    async def start_workers(self, count: int, *mutations: str, **extra: str) -> list[Process]:
        """Start several at once."""
        starting = (self.start_worker(*mutations, **extra) for _ in range(count))
        return list(await asyncio.gather(*starting))

    def _start(
        self, kind: str, mutations: Sequence[str], extra: dict[str, str], port: int = 0
    ) -> Process:
        number = len(self.apis) + len(self.controls) + len(self.workers)
        log = self.directory / f"{kind}-{number}-{uuid.uuid4().hex}.log"
        names = tuple(dict.fromkeys((*mutations, *self.mutations)))
        return processes.start(kind, names, self.environment | extra, log, port)

    async def serves(self, api: Process) -> bool:
        """Whether an API is ready."""
        assert api.alive, f"the API has ended:\n{api.log.read_text()[-2000:]}"
        try:
            return (await self.http.get(self.url("/readyz", api))).status_code == 200
        except httpx.HTTPError:
            return False

    def encoders(self, worker: Process) -> list[int]:
        """The processes that a worker has started: FFmpeg, mostly."""
        return processes.children(worker.pid)

    def left_behind(self) -> list[int]:
        """Processes that work in the scratch directory."""
        return processes.working_in(self.scratch)

    def left_behind_by(self, *ended: Process) -> list[int]:
        """Processes in the scratch directory that no living worker has started."""
        # In this order: the living start and end theirs meanwhile.
        found = self.left_behind()
        living = [w for w in self.workers if w.alive and w not in ended]
        theirs = {pid for worker in living for pid in (worker.pid, *self.encoders(worker))}
        still = self.left_behind()
        return [pid for pid in found if pid in still and pid not in theirs]

    # A user

    def url(self, path: str, api: Process | None = None) -> str:
        """The address of a path at an API: the one that was started last."""
        api = api or self.apis[-1]
        return f"{api.service_address if path == '/readyz' else api.address}{path}"

    async def _log_in(self, api: Process) -> None:
        body = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
        await self.ask("POST", "/v1/auth/register", body, api=api)
        answer = await self.ask("POST", "/v1/auth/login", body | {"client": "native"}, api=api)
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    async def ask(
        self, method: str, path: str, body: Any = None, *, api: Process | None = None
    ) -> Any:
        """Call the API and return its answer; raise when it is an error."""
        answer = await self.http.request(method, self.url(path, api), json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def begin(self, clip: Path) -> dict[str, Any]:
        """Begin an upload and send all its bytes; it is not completed."""
        body = clip.read_bytes()
        upload = await self.declare(clip.name, len(body))
        await self.send_parts(upload, body, list(range(1, upload["part_count"] + 1)))
        return upload

    async def declare(self, filename: str, size: int) -> dict[str, Any]:
        """Begin an upload of so many bytes; none is sent."""
        asked = {"filename": filename, "size": size}
        upload: dict[str, Any] = await self.ask("POST", "/v1/uploads", asked)
        return upload

    async def send_parts(self, upload: dict[str, Any], body: bytes, numbers: list[int]) -> None:
        """Send some parts of an upload."""
        path = f"/v1/uploads/{upload['id']}/parts"
        for part in (await self.ask("POST", path, {"part_numbers": numbers}))["parts"]:
            first = (part["part_number"] - 1) * upload["part_size"]
            await self._put(part["url"], body[first : first + part["size"]])

    async def _put(self, url: str, body: bytes) -> None:
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60) as plain:
            (await plain.put(url, content=body)).raise_for_status()

    async def complete(self, upload: dict[str, Any], api: Process | None = None) -> uuid.UUID:
        """Complete an upload; once this returns, the product has promised to keep the video."""
        video = await self.ask("POST", f"/v1/uploads/{upload['id']}/complete", api=api)
        video_id = uuid.UUID(video["id"])
        self.acknowledged[video_id] = time.time()
        return video_id

    async def upload(self, clip: Path) -> uuid.UUID:
        """Upload a film and return the video's id; it is acknowledged."""
        return await self.complete(await self.begin(clip))

    # What is there

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Read from the database, with patience while it is away."""
        deadline = time.monotonic() + 30
        while True:
            try:
                async with self.db.autocommit() as connection:
                    return list((await connection.execute(text(statement), values)).all())
            except DatabaseAway:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def video(self, video_id: uuid.UUID) -> Any:
        """Return the row of a video."""
        return (await self.rows("SELECT * FROM videos WHERE id = :id", id=video_id))[0]

    async def task(self, video_id: uuid.UUID) -> Any:
        """Return the row of the newest task of a video."""
        return (await self.tasks(video_id))[-1]

    async def tasks(self, video_id: uuid.UUID) -> list[Any]:
        """Return the rows of a video's tasks, oldest first."""
        return await self.rows(
            "SELECT * FROM job_tasks WHERE video_id = :id ORDER BY id", id=video_id
        )

    async def hinted(self, video_id: uuid.UUID) -> datetime | None:
        """Return when workers were last told that there is something to do for a video."""
        (found,) = await self.rows(
            "SELECT max(o.sent_at) AS at FROM outbox o JOIN job_tasks t ON t.id = o.key"
            " WHERE o.topic = 'task' AND t.video_id = :id",
            id=video_id,
        )
        at: datetime | None = found.at
        return at

    async def changes(self, video_id: uuid.UUID) -> list[history.VideoChange]:
        """Return every change of a video, oldest first."""
        return history.video_changes(
            await self.rows("SELECT * FROM fault_videos WHERE video_id = :id ORDER BY seq",
                            id=video_id)
        )  # fmt: skip

    async def task_changes(self, video_id: uuid.UUID) -> list[history.TaskChange]:
        """Return every change of a video's tasks, oldest first."""
        return history.task_changes(
            await self.rows("SELECT * FROM fault_tasks WHERE video_id = :id ORDER BY seq",
                            id=video_id)
        )  # fmt: skip

    async def objects(self, prefix: str) -> dict[str, tuple[int, str, datetime]]:
        """Return size in bytes, ETag and time of writing of the objects under a prefix."""
        found: dict[str, tuple[int, str, datetime]] = {}
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        async for page in pages:
            for item in page.get("Contents", ()):
                found[item["Key"]] = (item["Size"], item["ETag"], item["LastModified"])
        return found

    async def messages(self) -> tuple[int, int]:
        """Return how many messages wait and how many are in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = await self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        waiting, in_flight = (int(answer["Attributes"][name]) for name in names)
        return waiting, in_flight

    async def send(self, body: str) -> None:
        """Put a message into the queue."""
        await self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    async def purge_queue(self) -> None:
        """Lose every message, those in flight too."""
        await self.sqs.purge_queue(QueueUrl=self.queue_url)

    # Waiting and judging

    async def holds(
        self, condition: Callable[[], object | Awaitable[object]], seconds: float = 60
    ) -> bool:
        """Wait for a condition; tell whether it came true in time, see `Timing.stretch`."""
        deadline = time.monotonic() + seconds * self.timing.stretch
        while True:
            held = condition()
            if isinstance(held, Awaitable):
                held = await held
            if held:
                return True
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(_LOOK_S)

    async def until(
        self,
        condition: Callable[[], object | Awaitable[object]],
        seconds: float = 60,
        what: str = "it",
    ) -> None:
        """Wait for a condition that the scenario needs; it is no result when it does not come."""
        assert await self.holds(condition, patience(seconds)), f"it never came: {what}"

    async def until_encoding(self, *video_ids: uuid.UUID, or_ready: bool = False) -> None:
        """Wait until FFmpeg is at work on all of these videos at once.

        With `or_ready` on each, or it was: on a busy machine that may be over before it is seen.
        """

        async def encoding() -> bool:
            # With the lease, so later than people are told: Redis may be what is gone.
            rows = await self.rows(
                "SELECT v.state, v.failure, t.stage, t.progress FROM videos v LEFT JOIN LATERAL"
                " (SELECT stage, progress FROM job_tasks WHERE video_id = v.id"
                " AND state = 'running' ORDER BY id DESC LIMIT 1) t ON true WHERE v.id = ANY(:ids)",
                ids=list(video_ids),
            )
            failures = [row.failure for row in rows if row.state == "failed"]
            assert not failures, failures
            begun = [row for row in rows if row.stage == "encoding" and row.progress > 0]
            over = [row for row in rows if or_ready and row.state == "ready"]
            return len(begun) + len(over) == len(rows)

        await self.until(encoding, what="the videos are being encoded")

    async def ends(self, *video_ids: uuid.UUID, seconds: float = 60) -> bool:
        """Wait until these videos rest; tell whether they did in time."""

        async def ended() -> bool:
            rows = await self.rows(
                "SELECT 1 FROM videos WHERE id = ANY(:ids)"
                " AND state IN ('ready', 'failed', 'cancelled', 'deleted')",
                ids=list(video_ids),
            )
            return len(rows) == len(video_ids)

        return await self.holds(ended, seconds)

    async def faults(
        self, video_id: uuid.UUID, expected: Collection[str] = frozenset({"ready"})
    ) -> list[str]:
        """Return what is wrong with a video that should have ended; see `history.disorder`.

        A ready one has outputs of one attempt, and each of its objects is there in full.
        """
        return await judging.faults(self, video_id, expected)

    async def outputs(self, video_id: uuid.UUID, kind: str | None = None) -> list[Any]:
        """Return the rows of what was made of a video, staged or published."""
        return await self.rows(
            "SELECT * FROM assets WHERE video_id = :id AND kind = coalesce(:kind, kind)"
            " ORDER BY id",
            id=video_id,
            kind=kind,
        )

    def close(self) -> None:
        """Leave no process behind."""
        for process in (*self.workers, *self.apis, *self.controls):
            process.kill()
        for pid in self.left_behind():
            with contextlib.suppress(ProcessLookupError):
                processes.end(pid)
