"""Tasks of the release before, which may go on while this one is rolled out.

Its claim, its sweeps and its relay look here and nowhere else. What waits here is taken over; see
`jobs/adopt`. `docs/next-release.md` says when the table goes.
"""

import uuid
from datetime import datetime

from sqlalchemy import MetaData
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class Old(Base):
    """A table that only migrations describe in full; here are the columns that are used."""

    __abstract__ = True
    metadata = MetaData()


class OldTask(Old):
    """A task of the release before."""

    __tablename__ = "tasks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID]
    video_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None]
    priority: Mapped[int]
    turn: Mapped[int]
    state: Mapped[str]
    attempt: Mapped[int]
    charged: Mapped[int]
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    available_at: Mapped[datetime]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
