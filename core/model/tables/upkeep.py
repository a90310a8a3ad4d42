"""Work that is still to do: the outbox, purges and setbacks."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class Outbox(Base):
    """Everything to send: an event, or a message for a queue.

    A row is written in the transaction of the change that it tells of, and sent by the relay.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unsent_topic", "topic", "available_at", postgresql_where="sent_at IS NULL"
        ),
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


class Purge(Base):
    """Objects to remove from the bucket; written with the change that made them useless.

    The sweep removes everything under `prefix` once `not_before` has passed: a worker that has
    lost its lease may write for a moment longer, and a URL that was given out still be used.
    """

    __tablename__ = "purges"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(Text)
    # The release before writes it. What it names is under `prefix`.
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
