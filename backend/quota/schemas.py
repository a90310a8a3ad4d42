"""The answer of `GET /v1/limits`."""

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """The limits of a file and of a user; sizes in bytes, `extensions` in lower case.

    `bytes_used` counts the sources and renditions of all videos. `active` counts the videos that
    are uploading, queued or processing. A limit is null if there is none.
    """

    max_bytes: int = Field(examples=[21474836480])
    extensions: list[str] = Field(examples=[[".mp4", ".mov"]])
    bytes_used: int = Field(examples=[734003200])
    bytes_allowed: int | None = Field(examples=[107374182400])
    active: int = Field(examples=[3])
    active_allowed: int | None = Field(examples=[500])
