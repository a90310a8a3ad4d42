"""Limits over HTTP."""

from fastapi import APIRouter

from backend.deps import CurrentUser
from backend.quota import quota
from backend.quota.schemas import Limits

router = APIRouter(prefix="/v1/limits", tags=["uploads"])


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
