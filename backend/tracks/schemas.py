"""Bodies of the calls of text tracks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from backend.uploads.schemas import Title
from core.captions.cues import MOST_BYTES, MOST_CUES
from core.captions.languages import MOST_CHARS, tag_of


def _tag(value: str) -> str:
    tag = tag_of(value)
    if tag is None:
        raise ValueError("This is no tag of a language (BCP 47), such as de or pt-BR.")
    return tag


def _whole(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("has half a character (a lone surrogate)") from None
    return value


Language = Annotated[
    str,
    Field(max_length=MOST_CHARS, examples=["pt-BR"], description="BCP 47."),
    AfterValidator(_tag),
]
Captions = Annotated[
    str,
    Field(
        description=f"A WebVTT or SRT file of at most {MOST_BYTES >> 20} MiB with at most "
        f"{MOST_CUES} texts. Of its markup, bold, italic and underlined are kept.",
        examples=["WEBVTT\n\n00:01.000 --> 00:02.500\nGood morning.\n"],
    ),
    AfterValidator(_whole),
]
_NAME = "What the menu of a player shows. Without it, the language."
_DEFAULT = "Whether it is shown unless somebody chooses. One of a video at most is."


class NewTrack(BaseModel, extra="forbid"):
    """Captions to add to a video."""

    kind: Literal["text"]
    language: Language
    name: Title | None = Field(None, examples=["For the hard of hearing"], description=_NAME)
    text: Captions
    default: bool = Field(default=False, description=_DEFAULT)


class TrackPatch(BaseModel, extra="forbid"):
    """The changes to captions; what is left out stays."""

    language: Language | None = Field(None, description="Null changes nothing.")
    name: Title | None = Field(None, description=_NAME)
    text: Captions | None = Field(None, description="Null changes nothing.")
    default: bool | None = Field(None, description=f"{_DEFAULT} Null changes nothing.")


class TextTrack(BaseModel):
    """Captions or subtitles of a video; `size` in bytes."""

    id: UUID
    kind: Literal["text"]
    language: str | None = Field(examples=["pt-BR"], description="BCP 47, where it is known.")
    name: str | None
    default: bool
    forced: bool = Field(description="Whether it has only what is said in a foreign language.")
    from_file: bool = Field(
        description="Whether it came with the file of the video. Changes to such a one last until "
        "the video is processed again."
    )
    size: int
    url: str = Field(description="WebVTT. Presigned and short-lived.")
    created_at: datetime
    updated_at: datetime


class TextTrackPage(BaseModel):
    """A page of text tracks, newest first; `next_cursor` is null at the end."""

    items: list[TextTrack]
    next_cursor: str | None
