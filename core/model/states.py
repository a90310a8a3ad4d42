"""States of uploads, videos, jobs, tasks and assets, and how they follow. Pure."""

from collections.abc import Collection
from enum import StrEnum


class UploadState(StrEnum):
    """The state of a multipart upload."""

    OPEN = "open"
    COMPLETED = "completed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class VideoState(StrEnum):
    """The state of a video, as a user sees it."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class JobState(StrEnum):
    """A job. It follows from its tasks: see `jobs/project`."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """A task; `blocked` until every task that it needs has succeeded."""

    BLOCKED = "blocked"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


JOB_LIVE = (JobState.QUEUED, JobState.RUNNING)
TASK_LIVE = (TaskState.BLOCKED, TaskState.QUEUED, TaskState.RUNNING)


class Effect(StrEnum):
    """What a job does to its video: replace its main outputs, or add files."""

    REPLACE = "replace"
    ADD = "add"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"  # for good
    RETRIED = "retried"  # an error that may pass
    RELEASED = "released"  # its worker was told to stop
    LAPSED = "lapsed"  # its worker fell silent
    CANCELLED = "cancelled"


class AssetKind(StrEnum):
    """What an asset is."""

    FILE = "file"
    POSTER = "poster"
    STORYBOARD = "storyboard"  # one of its sheets


class AssetState(StrEnum):
    """Whether an asset can be seen."""

    STAGED = "staged"
    PUBLISHED = "published"


class TrackKind(StrEnum):
    """What a track holds."""

    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"


class TextKind(StrEnum):
    """What a text is."""

    SUBTITLES = "subtitles"  # what is said, and captions: what is heard
    CHAPTERS = "chapters"


class Made(StrEnum):
    """How a track came about."""

    ENCODED = "encoded"
    REMUXED = "remuxed"  # taken as it was in the source


class Topic(StrEnum):
    """Whom a row of the outbox is for."""

    TASK = "task"  # workers: there is work
    VIDEO = "video"  # who watches a video: it has changed


class Stage(StrEnum):
    """What a running task does now. It is shown to people and decides nothing."""

    FETCHING = "fetching"
    INSPECTING = "inspecting"
    ENCODING = "encoding"
    PUBLISHING = "publishing"


def job_state(tasks: Collection[TaskState]) -> JobState:
    """Return the state of a job that has these tasks, at least one."""
    found = set(tasks)
    for ended, state in (
        (TaskState.FAILED, JobState.FAILED),
        (TaskState.CANCELLED, JobState.CANCELLED),
        (TaskState.RUNNING, JobState.RUNNING),
    ):
        if ended in found:
            return state
    return JobState.SUCCEEDED if found == {TaskState.SUCCEEDED} else JobState.QUEUED


_VIDEO_OF_JOB = {
    JobState.QUEUED: VideoState.QUEUED,
    JobState.RUNNING: VideoState.PROCESSING,
    JobState.SUCCEEDED: VideoState.READY,
    JobState.FAILED: VideoState.FAILED,
    JobState.CANCELLED: VideoState.CANCELLED,
}


def video_state(video: VideoState, job: JobState, *, is_playable: bool) -> VideoState:
    """Return the state of a video whose main outputs a job in some state makes.

    Args:
        video: its present state.
        job: the job's.
        is_playable: whether an earlier job has published outputs: they stay if a later job fails.
    """
    if video in (VideoState.UPLOADING, VideoState.DELETED):
        return video
    if is_playable and job in (JobState.FAILED, JobState.CANCELLED):
        return VideoState.READY
    return _VIDEO_OF_JOB[job]
