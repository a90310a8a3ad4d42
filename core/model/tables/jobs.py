"""Jobs and their tasks; what is written when, is in `core/jobs` and `core/tasks`."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base

DEFAULT_POOL = "default"  # of workers, and of the tasks that any of them may take


class Job(Base):
    """One thing that was asked of a video. Its state follows from its tasks; see `jobs/project`.

    `effect` says what its outputs are: `replace`, the main outputs of the video in place of those
    of an earlier job; `add`, files beside them. `plan` is written once, by the task that inspects
    the source, and never changed.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_user", "user_id", text("id DESC")),
        Index("ix_jobs_finished", "finished_at", postgresql_where="finished_at IS NOT NULL"),
        CheckConstraint("effect IN ('replace', 'add')", name="known_effect"),
        # Whatever the code does: one job at a time makes a video's main outputs anew.
        Index(
            "uq_jobs_live_replace",
            "video_id",
            unique=True,
            postgresql_where="effect = 'replace' AND state IN ('queued', 'running')",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    operation: Mapped[str] = mapped_column(String(32))
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    effect: Mapped[str] = mapped_column(String(16), server_default="replace")
    plan: Mapped[dict[str, Any] | None]
    # Whose turn it is among all jobs: see `tasks/fair_order`. Its tasks inherit both.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    turn: Mapped[int] = mapped_column(BigInteger, server_default="0")
    state: Mapped[str] = mapped_column(String(16))
    # The release before writes and reads these two; what is told now is in `job_tasks` and Redis.
    stage: Mapped[str | None] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(server_default="0")  # percent
    failure: Mapped[dict[str, Any] | None]
    notes: Mapped[dict[str, Any] | None]  # done, warnings: see `model/notes`; once it succeeded
    log_key: Mapped[str | None] = mapped_column(Text)  # of the last attempt that wrote one
    cpu_seconds: Mapped[float] = mapped_column(server_default="0")  # of all attempts
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Task(Base):
    """The unit that is queued, leased and retried: one node of its job's graph.

    `range_start` and `range_end` are boundaries of the plan's grid, where a task makes a part of a
    track; None where it makes a whole one.
    """

    __tablename__ = "job_tasks"
    __table_args__ = (
        UniqueConstraint("job_id", "key"),
        Index("ix_job_tasks_running", "lease_until", postgresql_where="state = 'running'"),
        Index(
            "ix_job_tasks_turn",
            text("priority DESC"),
            "turn",
            "id",
            postgresql_where="state = 'queued'",
        ),
        Index(
            "ix_job_tasks_turn_of_user",
            "user_id",
            "priority",
            text("turn DESC"),
            postgresql_where="state = 'queued'",
        ),
        Index("uq_job_tasks_nonce", "nonce", unique=True, postgresql_where="state = 'running'"),
        # Whatever the code does: a lease is there exactly while the task runs, what waits for
        # another is blocked, and no task of a deleted video lives. A CHECK cannot see another
        # table. A foreign key can: a live task refers to the pair (its video, true), which is gone
        # once the video is deleted.
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"
        ),
        CheckConstraint(
            "CASE state WHEN 'blocked' THEN blocked_by > 0 WHEN 'queued' THEN blocked_by = 0"
            " WHEN 'running' THEN blocked_by = 0 ELSE blocked_by >= 0 END",
            name="blocked_while_needed",
        ),
        CheckConstraint(
            "(range_start IS NULL) = (range_end IS NULL) AND range_start < range_end",
            name="range_is_whole",
        ),
        ForeignKeyConstraint(
            ["live_video_id", "video_alive"],
            ["videos.id", "videos.alive"],
            name="fk_job_tasks_live_video",
        ),
        Index(
            "ix_job_tasks_live_video",
            "live_video_id",
            postgresql_where="live_video_id IS NOT NULL",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    video_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    spec: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    pool: Mapped[str] = mapped_column(String(32), server_default=DEFAULT_POOL)
    priority: Mapped[int] = mapped_column(SmallInteger)
    turn: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    blocked_by: Mapped[int] = mapped_column(server_default="0")  # tasks that must end before
    # The fence: rises with every claim, and every later write must carry it.
    attempt: Mapped[int] = mapped_column(server_default="0")
    # Attempts that count against the limit; a drained worker gives its own back.
    charged: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None] = mapped_column(Text)
    # Of the claim: by it a claim is found again whose commit was not answered.
    nonce: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    # Not before this may it be claimed: the wait after a transient error.
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    range_start: Mapped[int | None]
    range_end: Mapped[int | None]
    # How far its job is, as it was when the lease was last extended; Redis knows it sooner.
    stage: Mapped[str | None] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(server_default="0")  # percent
    eta_s: Mapped[float | None]
    result: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    live_video_id: Mapped[uuid.UUID | None] = mapped_column(
        Computed(
            "CASE WHEN state IN ('blocked', 'queued', 'running') THEN video_id END",
            persisted=True,
        )
    )
    video_alive: Mapped[bool] = mapped_column(Computed("true", persisted=True))


class TaskNeed(Base):
    """A task that cannot begin before another has succeeded."""

    __tablename__ = "task_needs"

    task_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("job_tasks.id", ondelete="CASCADE"), primary_key=True
    )
    needs_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("job_tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class TaskAttempt(Base):
    """One claim of a task, and how it ended; rows are only added, and completed once."""

    __tablename__ = "task_attempts"

    task_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("job_tasks.id", ondelete="CASCADE"), primary_key=True
    )
    attempt: Mapped[int] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(Text)
    claimed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))  # an `Outcome`
    error: Mapped[str | None] = mapped_column(Text)
    log_key: Mapped[str | None] = mapped_column(Text)
    cpu_seconds: Mapped[float | None]
