"""Bodies of the playback calls."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.playback.tokens import LONGEST_S


class NewPlayback(BaseModel):
    """What is asked for; all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    ttl_s: int = Field(
        12 * 3600, ge=60, le=LONGEST_S, description="For how many seconds it can be watched."
    )
    download: bool = Field(
        default=False, description="Have the MP4s saved under a readable name, not played."
    )


class FileLink(BaseModel):
    """A whole file; `name` is that of the rendition, `bitrate` in bits a second."""

    name: str = Field(examples=["720p"])
    width: int | None = Field(examples=[1280], description="Null for sound.")
    height: int | None = Field(examples=[720], description="Null for sound.")
    bitrate: int
    video_codec: str | None = Field(examples=["h264"], description="Null for sound.")
    url: str = Field(description="Presigned and short-lived.")


class TextLink(BaseModel):
    """Captions as a file of their own, for players of the MP4s."""

    id: UUID
    language: str | None = Field(description="BCP 47, where it is known.")
    name: str
    default: bool
    forced: bool
    url: str = Field(description="WebVTT.")


_PLACE = "https://films.example/v1/playback/eyJhbGciOi…"


class Playback(BaseModel):
    """Where a video can be watched, by whoever has these addresses, until `expires_at`."""

    hls_url: str | None = Field(
        examples=[f"{_PLACE}/master.m3u8"],
        description="Null for a video of a release that made no segments: use `mp4`.",
    )
    dash_url: str | None = Field(
        examples=[f"{_PLACE}/manifest.mpd"], description="Null until the job has succeeded."
    )
    poster_url: str | None = Field(description="Presigned and short-lived.")
    storyboard_url: str | None = Field(
        examples=[f"{_PLACE}/storyboard.vtt"],
        description="WebVTT with small pictures of the video. Null until the job has succeeded, "
        "and where there is none.",
    )
    text: list[TextLink] = Field(description="Captions and subtitles; the streams name them too.")
    chapters_url: str | None = Field(description="WebVTT. Null where there are none.")
    expires_at: datetime
    mp4: list[FileLink]
