"""The keys of all objects in the bucket. No key contains what a user typed."""

import uuid


def video_prefix(video_id: uuid.UUID) -> str:
    """Everything that is stored for a video lies under this."""
    return f"videos/{video_id}/"


def source(video_id: uuid.UUID, extension: str) -> str:
    """The file that was uploaded; `extension` comes from the allowed list, with its dot."""
    return f"{video_prefix(video_id)}source{extension}"


def attempt_prefix(video_id: uuid.UUID, job_id: uuid.UUID, key: str | None, attempt: int) -> str:
    """The outputs of one attempt at a task; two attempts never write to the same key.

    `key` is None where a job of the release before has its only task.
    """
    place = f"{key}-{attempt}" if key else str(attempt)
    return f"{video_prefix(video_id)}{job_id}/{place}/"


def stream_prefix(video_id: uuid.UUID, job_id: uuid.UUID) -> str:
    """The segments of a job: those of one attempt stay when a later one goes on from them."""
    return f"{video_prefix(video_id)}{job_id}/stream/"


def attempt_log(video_id: uuid.UUID, job_id: uuid.UUID, key: str, attempt: int) -> str:
    """The log of one attempt; kept when the attempt's outputs are not."""
    return f"{video_prefix(video_id)}{job_id}/log-{key}-{attempt}.txt"


def text(video_id: uuid.UUID, version_id: uuid.UUID) -> str:
    """One version of a text that people have added; another version is another object."""
    return f"{video_prefix(video_id)}text/{version_id}.vtt"
