"""Limits over HTTP."""

from fastapi import APIRouter

from backend.deps import CurrentUser
from backend.errors import responses
from backend.limits.schemas import Limits

router = APIRouter(prefix="/v1/limits", tags=["uploads"])


@router.get("", responses=responses(401), summary="What may be uploaded")
async def get_limits(user: CurrentUser) -> Limits:
    """Return what a file must keep to, so that one can be refused before it is sent."""
    settings = user.held.settings
    return Limits(max_bytes=settings.upload_max_bytes, extensions=list(settings.upload_extensions))
