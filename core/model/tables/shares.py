"""Links at which a video can be watched without an account."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class Share(Base):
    """A link to a video. Who ends it removes the row; one that expired stays for a while.

    The token is kept as it is, because owners copy their links again: see the ADR of share links.
    """

    __tablename__ = "shares"
    __table_args__ = (
        Index("ix_shares_expires_at", "expires_at", postgresql_where="expires_at IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), index=True
    )
    token: Mapped[str] = mapped_column(String(64), unique=True)
    allowed_origins: Mapped[list[str]] = mapped_column(ARRAY(Text))  # pages; none for any
    download: Mapped[bool]  # whether its files may be saved
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
