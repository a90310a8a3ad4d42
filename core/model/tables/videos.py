"""Videos: how they arrive, and what was made of them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


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
    layout: Mapped[dict[str, Any] | None]  # of a storyboard's sheet: see `model/sheets`
