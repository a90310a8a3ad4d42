"""What the API tells of its limits."""

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """What a file and a user must keep to; sizes in bytes, `extensions` in small letters.

    `bytes_used` counts sources and renditions of all videos, `active` those that are being
    uploaded, wait or are worked on; null where nothing limits them.
    """

    max_bytes: int = Field(examples=[21474836480])
    extensions: list[str] = Field(examples=[[".mp4", ".mov"]])
    bytes_used: int = Field(examples=[734003200])
    bytes_allowed: int | None = Field(examples=[107374182400])
    active: int = Field(examples=[3])
    active_allowed: int | None = Field(examples=[500])
