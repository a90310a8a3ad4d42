"""Tables of the release before, which may go on while this one is rolled out.

`docs/next-release.md` says when they go.
"""

import uuid
from datetime import datetime

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


class OldTask(Base):
    """A task of the release before, which may go on while this one is rolled out.

    Its claim, its sweeps and its relay look here and nowhere else. What waits here is taken over;
    see `jobs/adopt`.
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


class OldRendition(Base):
    """A rendition as the release before reads and writes it; triggers keep it with `assets`."""

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
