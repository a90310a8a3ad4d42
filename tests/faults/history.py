"""What happened to every video: each committed change, written down by Postgres itself.

Looking at the API now and then would miss what is short. Triggers of the test's own database miss
nothing, and their clock does not depend on when somebody looks.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_END = frozenset({"ready", "failed", "cancelled"})
_WORK_END = frozenset({"succeeded", "failed", "cancelled"})
# Once one is reached within a job, the states before it do not come again. A job that is given back
# goes from `processing` to `queued`, which is why these two are not told apart.
_RANK = {"uploading": 0, "queued": 1, "processing": 1, **dict.fromkeys(_END, 2), "deleted": 3}

INSTALL = (
    """CREATE TABLE IF NOT EXISTS fault_videos (
    seq bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    video_id uuid NOT NULL, job_id uuid, state text NOT NULL, version bigint NOT NULL,
    shown text NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS fault_tasks (
    seq bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    video_id uuid NOT NULL, task_id uuid NOT NULL, key text NOT NULL, state text NOT NULL,
    attempt int NOT NULL, charged int NOT NULL, worker text, progress float8 NOT NULL)""",
    # What people are shown of a video, but for its name, which its owner may change at any time.
    """CREATE OR REPLACE FUNCTION fault_note_video() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO fault_videos (video_id, job_id, state, version, shown)
    VALUES (NEW.id, NEW.job_id, NEW.state, NEW.version,
            row(NEW.failure, NEW.source_media, NEW.poster_key)::text);
    RETURN NULL; END $$""",
    """CREATE OR REPLACE FUNCTION fault_note_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO fault_tasks (video_id, task_id, key, state, attempt, charged, worker, progress)
    VALUES (NEW.video_id, NEW.id, NEW.key, NEW.state, NEW.attempt, NEW.charged, NEW.worker,
            NEW.progress);
    RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER fault_note AFTER INSERT OR UPDATE ON videos
    FOR EACH ROW EXECUTE FUNCTION fault_note_video()""",
    """CREATE OR REPLACE TRIGGER fault_note AFTER INSERT OR UPDATE ON job_tasks
    FOR EACH ROW EXECUTE FUNCTION fault_note_task()""",
    """TRUNCATE fault_videos, fault_tasks""",
)


@dataclass(frozen=True)
class VideoChange:
    """A committed change of a video; `at` in seconds since the epoch.

    `shown` stands for whatever else is told of it under its version.
    """

    at: float
    job_id: uuid.UUID | None
    state: str
    version: int
    shown: str = ""


@dataclass(frozen=True)
class TaskChange:
    """A committed change of a task; `at` in seconds since the epoch, `progress` in percent."""

    at: float
    task_id: uuid.UUID
    key: str
    state: str
    attempt: int
    charged: int
    worker: str | None
    progress: float


def disorder(changes: list[VideoChange]) -> list[str]:
    """Return what is wrong with the order of a video's changes. Pure.

    Versions rise with what is shown; a state of an earlier rank comes again only with a new job; a
    job ends once; nothing follows `deleted`.
    """
    faults = []
    for before, after in pairwise(changes):
        step = f"{_told(before)} -> {_told(after)}"
        changed = _shown(after) != _shown(before)
        if after.version < before.version or (changed and after.version == before.version):
            faults.append(f"the version did not rise: {step}")
        if before.state == "deleted":
            faults.append(f"changed after it was deleted: {step}")
        if after.job_id != before.job_id:
            continue
        if _RANK[after.state] < _RANK[before.state]:
            faults.append(f"a backward transition: {step}")
        elif before.state in _END and changed and after.state != "deleted":
            faults.append(f"changed after its end: {step}")
    return faults


def disorder_of_work(changes: list[TaskChange]) -> list[str]:
    """Return what is wrong with the order of the changes of a video's tasks. Pure.

    Attempts and progress never go back, and nothing is written to a task that has ended.
    """
    faults = []
    for task_id in dict.fromkeys(change.task_id for change in changes):
        own = [change for change in changes if change.task_id == task_id]
        for before, after in pairwise(own):
            step = f"{_told_of_work(before)} -> {_told_of_work(after)}"
            if before.state in _WORK_END:
                faults.append(f"a task was written to after its end: {step}")
            if after.attempt < before.attempt:
                faults.append(f"an attempt went on after the next one: {step}")
            if after.progress < before.progress:
                faults.append(f"progress went back: {step}")
    return faults


def ended_as(changes: list[VideoChange], expected: Collection[str]) -> list[str]:
    """Return what is wrong with the last state of a video. Pure."""
    if not changes:
        return ["the video is unknown"]
    last = changes[-1]
    return [] if last.state in expected else [f"ended as {_told(last)}, not {sorted(expected)}"]


def _shown(change: VideoChange) -> tuple[object, ...]:
    return change.job_id, change.state, change.shown


def _told(change: VideoChange) -> str:
    return f"{change.state} v{change.version}"


def _told_of_work(change: TaskChange) -> str:
    return f"{change.key}-{change.attempt} {change.state} {change.progress:.0f} %"


def video_changes(rows: list[Any]) -> list[VideoChange]:
    """Read rows of fault_videos."""
    return [
        VideoChange(row.at.timestamp(), row.job_id, row.state, row.version, row.shown)
        for row in rows
    ]


def task_changes(rows: list[Any]) -> list[TaskChange]:
    """Read rows of fault_tasks."""
    return [
        TaskChange(
            row.at.timestamp(), row.task_id, row.key, row.state, row.attempt, row.charged,
            row.worker, row.progress,
        )
        for row in rows
    ]  # fmt: skip
