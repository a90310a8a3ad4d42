"""Limits over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backend.deps import CurrentUser
from backend.quota import quota

router = APIRouter(prefix="/v1/limits", tags=["uploads"])


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


@router.get("", summary="Upload limits")
async def get_limits(user: CurrentUser) -> Limits:
    """Return the limits of a file and of the user, so that a client can check before it uploads."""
    settings = user.services.settings
    async with user.services.db.autocommit() as connection:
        stored, active = await quota.used(connection, user.user_id)
    return Limits(
        max_bytes=settings.upload_max_bytes,
        extensions=list(settings.upload_extensions),
        bytes_used=stored,
        bytes_allowed=settings.user_quota_bytes or None,
        active=active,
        active_allowed=settings.user_quota_active or None,
    )
