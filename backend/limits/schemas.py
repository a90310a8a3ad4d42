"""What the API tells of its limits."""

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """What a file must keep to; `max_bytes` in bytes, `extensions` in small letters."""

    max_bytes: int = Field(examples=[21474836480])
    extensions: list[str] = Field(examples=[[".mp4", ".mov"]])
