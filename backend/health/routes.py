"""Whether the process lives, on the API's own port; the rest is told to operators elsewhere."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The process answers."""

    status: str = Field("ok", examples=["ok"])


@router.get("/healthz", summary="The process lives")
async def healthz() -> Health:
    """Answer at once; says nothing about the parts behind."""
    return Health(status="ok")
