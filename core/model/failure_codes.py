"""Why jobs fail: the `failure.code` words of the API.

The sentence for people is where a failure is found: most are in `workers/ffmpeg/diagnose.py`,
`workers/media/limits.py` and `workers/media/verify.py`.
"""

from enum import StrEnum


class FailureCode(StrEnum):
    """A code by which clients decide; none is ever renamed."""

    # What is wrong with the source
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_CODEC = "unsupported_codec"
    CORRUPT_MEDIA = "corrupt_media"
    TRUNCATED_MEDIA = "truncated_media"
    ENCRYPTED_MEDIA = "encrypted_media"
    NO_VIDEO_STREAM = "no_video_stream"
    RESOLUTION_TOO_LARGE = "resolution_too_large"
    DURATION_TOO_LONG = "duration_too_long"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_STREAMS = "too_many_streams"
    # What is ours to answer for: `OURS`
    PROCESSING_TIMEOUT = "processing_timeout"
    PROCESSING_GAVE_UP = "processing_gave_up"
    RESOURCE_LIMIT = "resource_limit"
    STORAGE_ERROR = "storage_error"


OURS = (
    FailureCode.PROCESSING_TIMEOUT, FailureCode.PROCESSING_GAVE_UP, FailureCode.RESOURCE_LIMIT,
    FailureCode.STORAGE_ERROR,
)  # fmt: skip
