"""The tables. Rows are read as values."""

from core.model.tables.accounts import Invite, Session, User
from core.model.tables.base import Base
from core.model.tables.jobs import DEFAULT_POOL, Job, Task, TaskAttempt, TaskNeed
from core.model.tables.release_before import Old, OldTask
from core.model.tables.shares import Share
from core.model.tables.streams import Span, Track
from core.model.tables.texts import TextTrack
from core.model.tables.upkeep import Outbox, Purge, Setback
from core.model.tables.videos import Asset, Upload, Video

__all__ = [
    "DEFAULT_POOL", "Asset", "Base", "Invite", "Job", "Old", "OldTask", "Outbox",
    "Purge", "Session", "Setback", "Share", "Span", "Task", "TaskAttempt", "TaskNeed", "TextTrack",
    "Track",
    "Upload", "User", "Video",
]  # fmt: skip
