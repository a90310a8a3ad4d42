"""The tables. Rows are read as values; what is written when, is in `core/jobs` and `tasks`."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
DEFAULT_POOL = "default"  # of workers, and of the tasks that any of them may take


class Base(DeclarativeBase):
    """Common column types: ids are UUIDs, times carry a zone."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        uuid.UUID: UUID(as_uuid=True),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        float: Double,
    }


class User(Base):
    """An account. A closed account keeps only its id until its videos are deleted."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "(closed_at IS NULL) = (email IS NOT NULL)"
            " AND (closed_at IS NULL) = (password_hash IS NOT NULL)",
            name="closed_is_bare",
        ),
        Index("ix_users_admins", "id", postgresql_where="role = 'admin'"),
        Index("ix_users_closed", "id", postgresql_where="closed_at IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)  # in lower case
    password_hash: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16), server_default="user")
    # Used no more; the version before reads it while this one is rolled out.
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    # Set by the operator: users with a higher priority are served first.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]  # by its owner; see accounts.py


class Invite(Base):
    """Lets one person make an account; see `backend/invites`. Only a hash of its code is kept."""

    __tablename__ = "invites"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, in hex
    email: Mapped[str | None] = mapped_column(String(254))  # the only one that may use it
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    used_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Session(Base):
    """A session that has not ended; see `backend/auth/families.py`. Redis holds the rest of it."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_id: Mapped[str] = mapped_column(Text)  # of the only refresh token that is good
    expires_at: Mapped[datetime]


class Video(Base):
    """What a person uploaded and gets back."""

    __tablename__ = "videos"
    __table_args__ = (
        Index(
            "ix_videos_library", "user_id", text("id DESC"), postgresql_where="state <> 'deleted'"
        ),
        Index(
            "ix_videos_active",
            "user_id",
            postgresql_where="state IN ('uploading', 'queued', 'processing')",
        ),
        # Not by time: an index on what every beat of progress writes would cost each of them more.
        Index("ix_videos_deleted", "id", postgresql_where="state = 'deleted'"),
        # What live tasks refer to: see there.
        UniqueConstraint("id", "alive"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    # The release before writes these three; what is told now is in `job_tasks` and Redis.
    stage: Mapped[str | None] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(server_default="0")  # percent
    eta_s: Mapped[float | None]
    # Rises with every change but those of progress and stage; a reader that has seen version 7
    # needs nothing older.
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    job_id: Mapped[uuid.UUID | None]  # the job that makes, or made, its main outputs
    playable_at: Mapped[datetime | None]  # since when it can be watched
    failure: Mapped[dict[str, Any] | None]  # code, message, retryable
    source_key: Mapped[str] = mapped_column(Text)
    source_filename: Mapped[str] = mapped_column(Text)
    source_size: Mapped[int] = mapped_column(BigInteger)  # bytes
    # Of the object that was checked at completion: a worker takes this one or none.
    source_etag: Mapped[str | None] = mapped_column(Text)
    source_media: Mapped[dict[str, Any] | None]  # duration, width, height, codecs, frame rate
    poster_key: Mapped[str | None] = mapped_column(Text)
    alive: Mapped[bool] = mapped_column(Computed("state <> 'deleted'", persisted=True))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Upload(Base):
    """One S3 multipart session."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_open", "check_at", postgresql_where="state = 'open'"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id"), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    filename: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes, as declared
    part_size: Mapped[int] = mapped_column(BigInteger)  # bytes
    part_count: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    s3_key: Mapped[str] = mapped_column(Text)
    s3_upload_id: Mapped[str] = mapped_column(Text)
    # When the sweep next asks S3 whether the object is there although nobody told us.
    check_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Until then somebody may be having S3 put it together: that S3 knows neither parts nor object
    # proves nothing meanwhile.
    completing_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


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
        # Whatever the code does: a video is transcoded by one job at a time.
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


class OldTask(Base):
    """A task of the release before, which may go on while this one is rolled out.

    Its claim, its sweeps and its relay look here and nowhere else. What waits here is taken over;
    see `jobs/adopt`. The table goes with the next release.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_unsent", "available_at", postgresql_where="dispatched_at IS NULL"),
        Index("ix_tasks_queued", "dispatched_at", postgresql_where="state = 'queued'"),
        Index("ix_tasks_running", "lease_until", postgresql_where="state = 'running'"),
        Index(
            "ix_tasks_turn",
            text("priority DESC"),
            "turn",
            "id",
            postgresql_where="state = 'queued'",
        ),
        Index(
            "ix_tasks_turn_of_user",
            "user_id",
            "priority",
            text("turn DESC"),
            postgresql_where="state = 'queued'",
        ),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"
        ),
        ForeignKeyConstraint(
            ["live_video_id", "video_alive"],
            ["videos.id", "videos.alive"],
            name="fk_tasks_live_video",
        ),
        Index(
            "ix_tasks_live_video",
            "live_video_id",
            postgresql_where="live_video_id IS NOT NULL",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id"), index=True)
    user_id: Mapped[uuid.UUID | None]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    turn: Mapped[int] = mapped_column(BigInteger, server_default="0")
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(server_default="0")
    charged: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    dispatching_until: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    live_video_id: Mapped[uuid.UUID | None] = mapped_column(
        Computed("CASE WHEN state IN ('queued', 'running') THEN video_id END", persisted=True)
    )
    video_alive: Mapped[bool] = mapped_column(Computed("true", persisted=True))


class Asset(Base):
    """One stored thing that a job has made of a video: a file to watch or keep, a poster.

    It is `staged` by the attempt that made it, and `published` with all others of its job.
    """

    __tablename__ = "assets"
    __table_args__ = (
        # Whatever the code does: one of a name among the main outputs, one in each added job's.
        Index(
            "uq_assets_main",
            "video_id",
            "kind",
            "name",
            unique=True,
            postgresql_where="is_main AND state = 'published'",
        ),
        Index(
            "uq_assets_added",
            "job_id",
            "kind",
            "name",
            unique=True,
            postgresql_where="NOT is_main AND state = 'published'",
        ),
        Index("ix_assets_video_id", "video_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    is_main: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(16))  # an `AssetKind`
    name: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))  # staged, published
    s3_key: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration: Mapped[float | None]  # seconds
    bitrate: Mapped[int | None] = mapped_column(BigInteger)  # bits per second
    video_codec: Mapped[str | None] = mapped_column(String(32))
    audio_codec: Mapped[str | None] = mapped_column(String(32))


class Outbox(Base):
    """Everything that others are told: an event, or a message for a queue.

    A row is written in the transaction of the change that it tells of, and sent by the relay.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "available_at", postgresql_where="sent_at IS NULL"),
        Index("ix_outbox_sent", "sent_at", postgresql_where="sent_at IS NOT NULL"),
        Index("ix_outbox_key", "key"),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()")
    )
    topic: Mapped[str] = mapped_column(String(16))  # a `Topic`
    key: Mapped[uuid.UUID]  # of the video or the task
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # While somebody sends it; lapses when the sender dies in between.
    sending_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OldRendition(Base):
    """A playable output as the release before reads and writes it; triggers keep it with `assets`.

    The table goes with the next release, and so does `artifacts`.
    """

    __tablename__ = "renditions"
    __table_args__ = (UniqueConstraint("video_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    name: Mapped[str] = mapped_column(String(32))
    s3_key: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    duration: Mapped[float]  # seconds
    bitrate: Mapped[int] = mapped_column(BigInteger)  # bits per second
    video_codec: Mapped[str] = mapped_column(String(32))
    audio_codec: Mapped[str | None] = mapped_column(String(32))


class OldArtifact(Base):
    """An output that is not a rendition, as the release before has it."""

    __tablename__ = "artifacts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("videos.id"), index=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    s3_key: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes


class Purge(Base):
    """Objects that nobody may see any more; written with the change that made them so.

    The sweep removes everything under `prefix` once `not_before` has passed: a worker that has
    lost its lease may write for a moment longer.
    """

    __tablename__ = "purges"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(Text)
    # An S3 multipart upload to abort at `prefix`, which is then a whole key.
    s3_upload_id: Mapped[str | None] = mapped_column(Text)
    not_before: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class Setback(Base):
    """A row that could not be handled, and when it is tried again; see `setbacks.py`."""

    __tablename__ = "setbacks"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    row_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(server_default="1")
    retry_at: Mapped[datetime] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(Text)
