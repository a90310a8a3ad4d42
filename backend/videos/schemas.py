"""Bodies of the video calls."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.uploads.schemas import Title
from core.model.failure_codes import FailureCode
from core.model.notes import DoneCode, WarningCode
from core.model.states import Made, Stage, TrackKind, VideoState


class FailureItem(BaseModel):
    """Why a job failed: a stable code, and a sentence with what happened and what to do."""

    # Not checked: a worker of a newer release may know more of them.
    code: str = Field(examples=["no_video_stream"], json_schema_extra={"enum": [*FailureCode]})
    message: str = Field(examples=["This file has no picture, only sound."])
    retryable: bool


class DoneItem(BaseModel):
    """Something that was done to the source: a stable code, and a sentence."""

    code: str = Field(examples=["rotated"], json_schema_extra={"enum": [*DoneCode]})
    message: str = Field(examples=["The picture was turned by 90 degrees, as the file says."])


class WarningItem(BaseModel):
    """Something that is missing or damaged: a stable code, and a sentence."""

    code: str = Field(examples=["partly_damaged"], json_schema_extra={"enum": [*WarningCode]})
    message: str = Field(examples=["3.2 s at 1:10 could not be read."])


class NotesItem(BaseModel):
    """What is told of the outputs of a job. A code can be there several times."""

    done: list[DoneItem] = Field(description="What was done to the source.")
    warnings: list[WarningItem] = Field(description="What is missing or damaged.")


class SourceItem(BaseModel):
    """The file that was uploaded; `size` in bytes, `duration` in seconds, display dimensions.

    Values that need an inspection of the file are null before it.
    """

    # Null, but never left out.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    filename: str = Field(examples=["harbour.mov"])
    size: int
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    frame_rate: float | None = None


class RenditionItem(BaseModel):
    """A playable output; `size` in bytes, `duration` in seconds, `bitrate` in bits a second."""

    name: str = Field(examples=["720p"])
    width: int | None = Field(examples=[1280], description="Null for sound.")
    height: int | None = Field(examples=[720], description="Null for sound.")
    size: int
    duration: float
    bitrate: int
    video_codec: str | None = Field(examples=["h264"], description="Null for sound.")
    audio_codec: str | None = Field(examples=["aac"])
    url: str = Field(description="Presigned and short-lived.")


class TrackItem(BaseModel):
    """A picture size, a sound or captions; `bitrate` in bits a second, at the most."""

    id: UUID
    kind: TrackKind
    name: str = Field(
        examples=["720p"], description="Of sound and text the title, if the source has one."
    )
    language: str | None = Field(description="BCP 47, of sound and text.")
    role: str | None = Field(
        examples=["commentary"],
        description="What a sound is for, as DASH calls it (`commentary`, `description`, "
        "`enhanced-audio-intelligibility`, `dub`, `karaoke`). Null for the usual ones.",
    )
    channels: int | None = Field(examples=[2], description="Of sound: 6 for 5.1.")
    codec: str = Field(examples=["avc1.64001f"], description="As RFC 6381 writes it.")
    width: int | None = Field(description="Of a picture.")
    height: int | None = Field(description="Of a picture.")
    bitrate: int = Field(description="0 for text.")
    frame_rate: float | None = Field(description="Of a picture.")
    default: bool = Field(description="Whether it is chosen unless somebody chooses.")
    made: Made | None = Field(
        description="`remuxed` is what was taken from the source as it is. Null of text."
    )


class LoudnessItem(BaseModel):
    """How loud the sound is (EBU R 128): LUFS, decibels of full scale, LU."""

    integrated_lufs: float = Field(examples=[-23.0], description="Loudness of all of it, in LUFS.")
    true_peak_dbtp: float = Field(examples=[-1.0], description="Its highest peak, in dBTP.")
    range_lu: float = Field(examples=[7.5], description="How much the loudness changes, in LU.")


class QueueItem(BaseModel):
    """Why a queued video waits: a stable word (null: only for its turn), and a sentence."""

    model_config = ConfigDict(frozen=True)

    reason: Literal["no_worker", "no_room", "busy"] | None = Field(examples=["busy"])
    message: str = Field(examples=["All workers are busy."])


class VideoItem(NotesItem):
    """A video; `progress` in percent, `eta_seconds` until the running job is likely done."""

    # Null, but never left out.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: UUID
    # Whose progress it is: for those who compare, and not told.
    job_id: UUID | None = Field(None, exclude=True)
    title: str
    kind: Literal["video", "audio"] | None = Field(
        examples=["video"],
        description="Whether there is a picture. Null until the file was inspected.",
    )
    state: VideoState
    stage: Stage | None
    progress: float = Field(ge=0, le=100)
    eta_seconds: float | None
    source: SourceItem | None
    renditions: list[RenditionItem]
    playable: bool = Field(
        description="Whether it can be watched: perhaps before the state is `ready`."
    )
    playable_at: datetime | None = Field(description="Since when.")
    tracks: list[TrackItem] = Field(description="What can be streamed by now.")
    loudness: LoudnessItem | None = Field(
        None, description="Of the default sound. Null until it was made, and of silence."
    )
    poster_url: str | None
    failure: FailureItem | None
    queue: QueueItem | None = Field(description="Only while the state is `queued`.")
    version: int
    created_at: datetime
    updated_at: datetime


class VideoPage(BaseModel):
    """A page of videos; `next_cursor` is null at the end."""

    items: list[VideoItem]
    next_cursor: str | None


class VideoPatch(BaseModel):
    """The changes to a video."""

    title: Title


class NewPoster(BaseModel, extra="forbid"):
    """The choice of a poster."""

    at: float = Field(
        ge=0,
        le=1e6,
        strict=True,
        allow_inf_nan=False,
        examples=[12.5],
        description="Seconds from the beginning of the video.",
    )


class DownloadLink(BaseModel):
    """The URL of a file. A browser saves it under a readable file name."""

    url: str = Field(description="Presigned and short-lived.")
