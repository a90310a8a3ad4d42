"""States of uploads, videos, jobs and tasks, and the transitions between them. Pure."""

from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)


class UploadState(StrEnum):
    """One multipart session."""

    OPEN = "open"
    COMPLETED = "completed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class VideoState(StrEnum):
    """What the user sees."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class WorkState(StrEnum):
    """A job, or the task that carries it."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """Where a running task is; told to people, never used to decide."""

    FETCHING = "fetching"
    INSPECTING = "inspecting"
    ENCODING = "encoding"
    PUBLISHING = "publishing"


UPLOAD_TRANSITIONS: dict[UploadState, frozenset[UploadState]] = {
    UploadState.OPEN: frozenset({UploadState.COMPLETED, UploadState.ABORTED, UploadState.EXPIRED}),
    UploadState.COMPLETED: frozenset(),
    UploadState.ABORTED: frozenset(),
    UploadState.EXPIRED: frozenset(),
}

VIDEO_TRANSITIONS: dict[VideoState, frozenset[VideoState]] = {
    VideoState.UPLOADING: frozenset({VideoState.QUEUED, VideoState.DELETED}),
    VideoState.QUEUED: frozenset(
        {VideoState.PROCESSING, VideoState.FAILED, VideoState.CANCELLED, VideoState.DELETED}
    ),
    VideoState.PROCESSING: frozenset(
        {
            VideoState.QUEUED,
            VideoState.READY,
            VideoState.FAILED,
            VideoState.CANCELLED,
            VideoState.DELETED,
        }
    ),
    VideoState.READY: frozenset({VideoState.QUEUED, VideoState.DELETED}),
    VideoState.FAILED: frozenset({VideoState.QUEUED, VideoState.DELETED}),
    VideoState.CANCELLED: frozenset({VideoState.QUEUED, VideoState.DELETED}),
    VideoState.DELETED: frozenset(),
}

WORK_TRANSITIONS: dict[WorkState, frozenset[WorkState]] = {
    WorkState.QUEUED: frozenset({WorkState.RUNNING, WorkState.FAILED, WorkState.CANCELLED}),
    WorkState.RUNNING: frozenset(
        # to queued: a lost lease, a transient error, a shutdown;
        # to running: another worker takes a lapsed lease over
        {
            WorkState.QUEUED,
            WorkState.RUNNING,
            WorkState.SUCCEEDED,
            WorkState.FAILED,
            WorkState.CANCELLED,
        }
    ),
    WorkState.SUCCEEDED: frozenset(),
    WorkState.FAILED: frozenset(),
    WorkState.CANCELLED: frozenset(),
}

WORK_ENDED = frozenset(state for state, targets in WORK_TRANSITIONS.items() if not targets)


def sources_of(transitions: dict[S, frozenset[S]], target: S) -> list[S]:
    """Return the states from which `target` may be entered: the guard of an UPDATE."""
    return [state for state, targets in transitions.items() if target in targets]
