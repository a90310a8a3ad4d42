"""Bodies of the job calls."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from backend.videos.schemas import FailureItem, NotesItem
from core.model.states import JobState, Stage


class NoParams(BaseModel, extra="forbid"):
    """The parameters of an operation that has none."""


class NewJob(BaseModel, extra="forbid"):
    """A job for a video. A field that is not known is refused: it may be a misspelt option."""

    operation: Literal["transcode"]
    params: NoParams | None = None


class JobItem(NotesItem):
    """A job; `progress` in percent, `log_url` presigned and short-lived."""

    id: UUID
    video_id: UUID
    operation: str = Field(examples=["transcode"])
    params: dict[str, Any]
    state: JobState
    stage: Stage | None
    progress: float = Field(ge=0, le=100)
    attempts: int
    failure: FailureItem | None
    log_url: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """A page of jobs, newest first; `next_cursor` is null at the end."""

    items: list[JobItem]
    next_cursor: str | None
