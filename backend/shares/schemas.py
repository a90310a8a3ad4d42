"""Bodies of the calls about links."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from backend.http.origins import origin_of
from backend.playback.schemas import Playback
from backend.videos.schemas import TrackItem

MOST_ORIGINS = 20


def _origins(value: list[str]) -> list[str]:
    return list(dict.fromkeys(map(origin_of, value)))


def _ahead(value: datetime | None) -> datetime | None:
    if value is not None and value <= datetime.now(UTC):
        raise ValueError("A link must expire in the future.")
    return value


class NewShare(BaseModel):
    """What a link is to be; all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    expires_at: Annotated[
        AwareDatetime | None,
        AfterValidator(_ahead),
        Field(description="When it stops working. Without it, when you end it."),
    ] = None
    allowed_origins: Annotated[
        list[str],
        AfterValidator(_origins),
        Field(
            max_length=MOST_ORIGINS,
            description="The only pages that may show the video within them, each as browsers "
            "write it in `Origin`. None: any page.",
        ),
    ] = []
    download: bool = Field(
        default=False, description="Whether who has the link may also save the MP4s."
    )


class ShareItem(BaseModel):
    """A link to a video. Whoever has it can watch the video until it expires or is ended."""

    id: UUID
    video_id: UUID
    token: str = Field(examples=["4kX0wq3vX2m1u0XyqW9a7g"])
    url: str = Field(
        examples=["https://films.example/embed/4kX0wq3vX2m1u0XyqW9a7g"],
        description="To give to people: a page with the player.",
    )
    embed_url: str = Field(description="The `src` of an `<iframe>`.")
    allowed_origins: list[str]
    download: bool
    expires_at: datetime | None
    created_at: datetime


class SharePage(BaseModel):
    """Links of a video, newest first; expired ones too, for 30 days."""

    items: list[ShareItem]
    next_cursor: str | None


class SharedPlayback(Playback):
    """Where a shared video can be watched, with what a player has to know of it.

    `mp4` is empty unless the link lets people save files, or the video has nothing else to play.
    """

    title: str
    kind: Literal["video", "audio"] | None = Field(description="Null until it is known.")
    duration: float | None = Field(description="Seconds.")
    width: int | None = Field(description="Pixels of the picture as it is shown.")
    height: int | None
    tracks: list[TrackItem]


class OEmbed(BaseModel):
    """An oEmbed answer of the type `video` (oembed.com, 2.3.4.2). Sizes in pixels."""

    version: Literal["1.0"] = "1.0"
    type: Literal["video"] = "video"
    provider_name: str
    provider_url: str
    title: str
    html: str = Field(description="An `<iframe>` with the player.")
    width: int
    height: int
    thumbnail_url: str | None = None
    thumbnail_width: int | None = None
    thumbnail_height: int | None = None
