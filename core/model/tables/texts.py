"""Text beside the picture: captions, subtitles and chapters."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class TextTrack(Base):
    """One text of a video, as a WebVTT file in the bucket."""

    __tablename__ = "text_tracks"
    __table_args__ = (
        Index("ix_text_tracks_kept", "kept_until", postgresql_where="kept_until IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), index=True
    )
    # The job that took it from the file; what people have added belongs to none.
    job_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))  # a `TextKind`
    language: Mapped[str | None] = mapped_column(String(35))  # BCP 47
    title: Mapped[str | None] = mapped_column(Text)
    is_default: Mapped[bool]
    is_forced: Mapped[bool]  # only what is spoken in a foreign language
    # Of the file that is shown now. An object is never changed: another text is another object.
    s3_key: Mapped[str] = mapped_column(Text)
    size: Mapped[int]  # bytes
    # Set when a later job has replaced the one it is from: as of `tracks`.
    kept_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
