"""Metrics of the work: how much waits, for how long, and how it ends.

They are read from Postgres at each request, so all control processes report the same. While
Postgres is away they are left out, and `framemill_up{dependency="postgres"}` is 0.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import func, select

from control.adapters import Adapters
from control.demand import demand
from control.relay import Relay
from control.sweeps import Sweeps
from core import log, setbacks
from core.errors import DatabaseAway
from core.model.states import TaskState, Topic
from core.model.tables import Job, Task
from core.presence import Presence, WorkerState

_log = log.get(__name__)
_PATIENCE_S = 3.0
_WINDOW_S = 3600
_COUNTED = {
    "sent": "Hints sent for tasks.",
    "lapsed": "Tasks whose worker fell silent.",
    "resent": "Tasks whose hint was lost.",
    "dead": "Hints that were received too often.",
}

_OPEN = (
    select(
        Task.state,
        func.count().label("count"),
        func.extract("epoch", func.now() - func.min(Task.created_at)).label("oldest_s"),
    )
    .where(Task.state.in_((TaskState.QUEUED, TaskState.RUNNING)))
    .group_by(Task.state)
)
_ENDED = (
    select(
        Job.state,
        func.coalesce(Job.failure["code"].astext, "").label("code"),
        func.count().label("count"),
        func.sum(Job.cpu_seconds).label("cpu_seconds"),
    )
    .where(Job.finished_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _WINDOW_S))
    .group_by("state", "code")
)


class Metrics:
    """The metrics of the work, and of control itself."""

    def __init__(self, adapters: Adapters, relay: Relay, sweeps: Sweeps) -> None:
        self._db = adapters.db
        self._max_attempts = adapters.settings.max_attempts
        self._presence = Presence(adapters.redis)
        self._relay = relay
        self._sweeps = sweeps

    async def text(self) -> bytes:
        """Return the metrics in Prometheus' text format, those of the process with them."""
        registry = CollectorRegistry()
        counts = {"sent": self._relay.sent[Topic.TASK], **self._sweeps.counts}
        for name, help_text in _COUNTED.items():
            metric = Gauge(f"framemill_tasks_{name}", f"{help_text} Rises.", registry=registry)
            metric.set(counts[name])
        await self._describe_workers(registry)
        up = Gauge(
            "framemill_up", "Whether a dependency answers.", ["dependency"], registry=registry
        )
        try:
            async with asyncio.timeout(_PATIENCE_S), self._db.autocommit() as connection:
                waiting = (await connection.execute(_OPEN)).all()
                ended = (await connection.execute(_ENDED)).all()
                set_back = await setbacks.waiting(connection)
                wanted = (await demand(connection, self._max_attempts)).wanted
        except (DatabaseAway, TimeoutError) as error:
            _log.warning("metrics_left_out", error=repr(error))
            up.labels("postgres").set(0)
        else:
            up.labels("postgres").set(1)
            _describe(registry, waiting, ended)
            _describe_setbacks(registry, set_back)
            Gauge(
                "framemill_tasks_wanted",
                "Tasks that are held or may be claimed now: how many workers could be at work.",
                registry=registry,
            ).set(wanted)
        return generate_latest() + generate_latest(registry)

    async def _describe_workers(self, registry: CollectorRegistry) -> None:
        """Count them by what they say; they are left out while Redis is away."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                workers = await self._presence.hear()
        except (RedisError, OSError, ValueError, LookupError) as error:
            _log.warning("workers_not_known", error=repr(error))
            return
        gauge = Gauge("framemill_workers", "Workers that live.", ["state"], registry=registry)
        for state in WorkerState:
            gauge.labels(state).set(sum(worker.state is state for worker in workers))


def _describe_setbacks(registry: CollectorRegistry, set_back: Mapping[str, int]) -> None:
    gauge = Gauge(
        "framemill_rows_set_back",
        "Rows that could not be handled and wait until they are tried again.",
        ["kind"],
        registry=registry,
    )
    for kind in setbacks.Kind:
        gauge.labels(kind).set(set_back.get(kind, 0))


def _describe(registry: CollectorRegistry, waiting: Any, ended: Any) -> None:
    tasks = Gauge("framemill_tasks", "Tasks that have not ended.", ["state"], registry=registry)
    oldest = Gauge(
        "framemill_tasks_oldest_seconds", "Age of the oldest of them.", ["state"], registry=registry
    )
    for state in (TaskState.QUEUED, TaskState.RUNNING):
        tasks.labels(state).set(0)
        oldest.labels(state).set(0)
    for row in waiting:
        tasks.labels(row.state).set(row.count)
        oldest.labels(row.state).set(float(row.oldest_s))
    jobs = Gauge(
        "framemill_jobs_ended_last_hour",
        "Jobs that ended in the last hour; code says why they failed.",
        ["state", "code"],
        registry=registry,
    )
    cpu = Gauge(
        "framemill_jobs_cpu_seconds_last_hour",
        "What FFmpeg and ffprobe have used for these jobs, in all their attempts.",
        ["state", "code"],
        registry=registry,
    )
    for row in ended:
        jobs.labels(row.state, row.code).set(row.count)
        cpu.labels(row.state, row.code).set(row.cpu_seconds)
