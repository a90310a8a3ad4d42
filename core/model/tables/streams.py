"""What is streamed: tracks, and the segments of them that are stored."""

import uuid
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class Track(Base):
    """One picture size or one sound of a video, as segments of CMAF (ISO/IEC 23000-19).

    It is there from the first segment on, so that people can watch while the rest is made.
    """

    __tablename__ = "tracks"
    __table_args__ = (
        UniqueConstraint("job_id", "name"),
        Index("ix_tracks_kept", "kept_until", postgresql_where="kept_until IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # a `TrackKind`
    made: Mapped[str] = mapped_column(String(16))  # a `Made`
    codecs: Mapped[str] = mapped_column(Text)  # RFC 6381, as "avc1.64001f"
    time_scale: Mapped[int]  # ticks per second
    # The header of the track: the bytes before its first segment, in the same object. Whoever makes
    # more segments must come to the same one.
    init_size: Mapped[int]  # bytes
    init_sha256: Mapped[str] = mapped_column(String(64))
    max_bitrate: Mapped[int] = mapped_column(BigInteger)  # the planned ceiling, bits per second
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[str | None] = mapped_column(String(32))  # "24000/1001"
    channels: Mapped[int | None]
    language: Mapped[str | None] = mapped_column(String(35))  # BCP 47
    title: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(String(32))  # of `urn:mpeg:dash:role:2011`
    is_default: Mapped[bool]
    # Set when it grows no more, though its job goes on.
    is_complete: Mapped[bool] = mapped_column(server_default=false())
    # Set when a later job has replaced it: who watches by then may go on until this.
    kept_until: Mapped[datetime | None]


class Span(Base):
    """Segments of a track that follow each other, in one object; never changed.

    Other tracks may have theirs in the same object.
    """

    __tablename__ = "spans"
    __table_args__ = (
        CheckConstraint(
            "cardinality(sizes) > 0 AND cardinality(sizes) = cardinality(durations)",
            name="sizes_and_durations",
        ),
    )

    track_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    first: Mapped[int] = mapped_column(primary_key=True)  # the number of the first, from 0 on
    start: Mapped[int] = mapped_column(BigInteger)  # when the first begins, in ticks
    s3_key: Mapped[str] = mapped_column(Text)
    offset: Mapped[int]  # where the first begins in the object, in bytes
    sizes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))  # of each, in bytes
    durations: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))  # of each, in ticks
    attempt: Mapped[int]
