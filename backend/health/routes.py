"""Whether the process lives, whether it can work, and its figures."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from backend.deps import Services, With
from backend.errors import responses
from backend.health import figures
from core import log
from core.errors import Unavailable

router = APIRouter(tags=["service"])
_log = log.get(__name__)
_PATIENCE_S = 3.0


class Health(BaseModel):
    """The process answers."""

    status: str = Field("ok", examples=["ok"])


@router.get("/healthz", summary="The process lives")
async def healthz() -> Health:
    """Answer at once; says nothing about the parts behind."""
    return Health(status="ok")


@router.get("/readyz", responses=responses(), summary="The parts answer")
async def readyz(held: With) -> Health:
    """Ask Postgres, Redis, S3 and SQS; 503 names those that do not answer."""
    checks = _checks(held)
    results = await asyncio.gather(*(_answers(name, check) for name, check in checks.items()))
    silent = [name for name, ok in zip(checks, results, strict=True) if not ok]
    if silent:
        raise Unavailable(f"Not answering: {', '.join(silent)}.")
    return Health(status="ok")


@router.get("/metrics", response_class=Response, summary="Prometheus figures")
async def metrics(held: With) -> Response:
    """Return the figures of this process, and those of the work that all of them share."""
    work = await figures.of_work(held)
    return Response(generate_latest() + work, media_type=CONTENT_TYPE_LATEST)


def _checks(held: Services) -> dict[str, Awaitable[object]]:
    return {
        "postgres": held.db.ping(),
        "redis": held.redis.ping(),
        "s3": held.storage.ping(),
        "sqs": held.queue.ping(),
    }


async def _answers(name: str, check: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await check
    except Exception as error:  # noqa: BLE001 - any reason is a reason
        _log.warning("not_ready", part=name, error=repr(error))
        return False
    return True
