"""`/healthz` on the API's own port. Operators have more on the service port."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The process answers."""

    status: str = Field("ok", examples=["ok"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Answer at once. It does not check Postgres, Redis, S3 or SQS."""
    return Health(status="ok")
