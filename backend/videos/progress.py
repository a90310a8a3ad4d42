"""The progress of work as people see it: the greater of the values in Postgres and Redis."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, func, select

from core.model.states import JobState, Stage, TaskState, VideoState
from core.model.tables import Task
from core.progress import Progress

_STAGES = frozenset(map(str, Stage))


@dataclass(frozen=True)
class Shown:
    """What is shown; `percent` from 0 to 100, `eta_s` in seconds."""

    stage: Stage | None
    percent: float
    eta_s: float | None


def told_of(job_id: Any) -> Any:
    """Return the SQL for the progress of a job's tasks in Postgres, as JSON; for `shown_of`."""
    runs = Task.state == TaskState.RUNNING
    told = func.json_build_array(
        func.max(Task.progress),
        func.max(Task.stage).filter(runs),
        func.max(Task.eta_s).filter(runs),
    )
    return select(cast(told, Text)).where(Task.job_id == job_id).scalar_subquery()


def shown_of(row: Any, told: Progress | None) -> Shown:
    """Return what is shown of a video or a job.

    Args:
        row: with `state`, `told`, and `progress` and `stage` as the release before writes them.
        told: what Redis knows.
    """
    if row.state in (VideoState.READY, JobState.SUCCEEDED):
        return Shown(None, 100.0, None)
    percent, stage, eta_s = (None, None, None) if row.told is None else json.loads(row.told)
    most = max(row.progress, percent or 0.0, told.percent if told else 0.0)
    if row.state not in (VideoState.PROCESSING, JobState.RUNNING):
        return Shown(None, round(most, 1), None)
    if told is not None and told.percent >= (percent or 0.0):  # or it is from before an outage
        return Shown(told.stage, round(most, 1), told.eta_s)
    known = stage or row.stage
    if not known:
        return Shown(Stage.FETCHING, round(most, 1), eta_s)
    # A newer release may know a stage that this one does not.
    return Shown(Stage(known) if known in _STAGES else None, round(most, 1), eta_s)
