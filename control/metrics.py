"""Metrics of the work: how much waits, for how long, and how it ends.

They are read from Postgres at each request, so all control processes report the same. While
Postgres is away they are left out, and `framemill_up{dependency="postgres"}` is 0.
"""

import asyncio

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from control.adapters import Adapters
from control.demand import demand
from core import log, setbacks
from core.errors import DatabaseAway
from core.model.states import TaskState
from core.model.tables import Job, Task
from core.presence import Presence, WorkerState

_log = log.get(__name__)
_PATIENCE_S = 3.0
_WINDOW_S = 3600
_OPEN = (
    select(
        Task.state,
        func.count().label("tasks"),
        func.extract("epoch", func.now() - func.min(Task.created_at)).label("oldest_s"),
    )
    .where(Task.state.in_((TaskState.QUEUED, TaskState.RUNNING)))
    .group_by(Task.state)
)
_ENDED = (
    select(
        Job.state,
        func.coalesce(Job.failure["code"].astext, "").label("code"),
        func.count().label("jobs"),
        func.sum(Job.cpu_seconds).label("cpu_seconds"),
    )
    .where(Job.finished_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _WINDOW_S))
    .group_by("state", "code")
)
_NOTES = sql(
    "SELECT kind, note ->> 'code' AS code, count(*) AS jobs FROM jobs,"
    " (VALUES ('done'), ('warnings')) AS told(kind), jsonb_array_elements(notes -> kind) AS note"
    " WHERE finished_at > now() - make_interval(secs => :seconds) GROUP BY 1, 2"
).bindparams(seconds=_WINDOW_S)


async def text(adapters: Adapters) -> bytes:
    """Return the metrics in Prometheus' text format, those of the process with them."""
    registry = CollectorRegistry()
    await _tell_workers(registry, adapters)
    is_up = 1
    try:
        async with asyncio.timeout(_PATIENCE_S), adapters.db.autocommit() as connection:
            await _tell_work(registry, connection, adapters.settings.max_attempts)
    except (DatabaseAway, TimeoutError) as error:
        _log.warning("metrics_left_out", error=repr(error))
        is_up = 0
    up = Gauge("framemill_up", "Whether a dependency answers.", ["dependency"], registry=registry)
    up.labels("postgres").set(is_up)
    return generate_latest() + generate_latest(registry)


async def _tell_workers(registry: CollectorRegistry, adapters: Adapters) -> None:
    """Count them by what they say; they are left out while Redis is away."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            workers = await Presence(adapters.redis).hear()
    except (RedisError, OSError, ValueError, LookupError) as error:
        _log.warning("workers_not_known", error=repr(error))
        return
    gauge = Gauge("framemill_workers", "Workers that live.", ["state"], registry=registry)
    for state in WorkerState:
        gauge.labels(state).set(sum(worker.state is state for worker in workers))


async def _tell_work(
    registry: CollectorRegistry, connection: AsyncConnection, max_attempts: int
) -> None:
    """Ask for all of it first: if Postgres goes away in between, nothing is told."""
    found = {row.state: row for row in (await connection.execute(_OPEN)).all()}
    ended = (await connection.execute(_ENDED)).all()
    notes = (await connection.execute(_NOTES)).all()
    set_back = await setbacks.waiting(connection)
    wanted = (await demand(connection, max_attempts)).wanted

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"framemill_{name}", help_text, labels, registry=registry)

    tasks = gauge("tasks", "Tasks that have not ended.", "state")
    oldest = gauge("tasks_oldest_seconds", "Age of the oldest of them.", "state")
    for state in (TaskState.QUEUED, TaskState.RUNNING):
        row = found.get(state)
        tasks.labels(state).set(row.tasks if row else 0)
        oldest.labels(state).set(row.oldest_s if row else 0)
    jobs = gauge(
        "jobs_ended_last_hour",
        "Jobs that ended in the last hour; code says why they failed.",
        "state",
        "code",
    )
    cpu = gauge(
        "jobs_cpu_seconds_last_hour",
        "What FFmpeg and ffprobe have used for these jobs, in all their attempts.",
        "state",
        "code",
    )
    for row in ended:
        jobs.labels(row.state, row.code).set(row.jobs)
        cpu.labels(row.state, row.code).set(row.cpu_seconds)
    told = gauge(
        "jobs_notes_last_hour",
        "What was told of videos that came out in the last hour: done, or warnings.",
        "kind",
        "code",
    )
    for row in notes:
        told.labels(row.kind, row.code).set(row.jobs)
    rows = gauge(
        "rows_set_back",
        "Rows that could not be handled and wait until they are tried again.",
        "kind",
    )
    for kind in setbacks.Kind:
        rows.labels(kind).set(set_back.get(kind, 0))
    gauge(
        "tasks_wanted",
        "Tasks that are held or may be claimed now: how many workers could be at work.",
    ).set(wanted)
