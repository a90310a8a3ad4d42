"""`/healthz` for everybody; `/readyz` and `/metrics` on the service port, for operators alone.

The service port has an ASGI app beside the API's, in the same process and with the same adapters.
"""

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from backend.deps import Services
from backend.health.readiness import Readiness
from backend.http import errors
from backend.http.middleware import RequestLayer
from core.errors import Unavailable

_MOST = 50  # requests at once
router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The process answers."""

    status: str = Field("ok", examples=["ok"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Answer at once. It does not check Postgres, Redis, S3 or SQS."""
    return Health(status="ok")


def create_service_app(api: FastAPI) -> FastAPI:
    """Return the app of `/healthz`, `/readyz` and `/metrics`; it asks the API's adapters."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    errors.install(app)
    app.add_middleware(RequestLayer, most=_MOST)
    app.router.routes.extend(router.routes)

    @app.get("/readyz")
    async def readyz() -> Health:
        """Say whether Postgres, Redis, S3 and SQS answer; 503 names those that do not."""
        readiness: Readiness | None = getattr(api.state, "readiness", None)
        if readiness is None:
            raise Unavailable("Still starting.", retry_after_s=1)
        silent = await readiness.silent()
        if silent:
            raise Unavailable(f"Not answering: {', '.join(silent)}.")
        return Health(status="ok")

    @app.get("/metrics")
    async def metrics() -> Response:
        """Return the metrics of this process; control has those of the work."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def readiness_of(services: Services) -> Readiness:
    """Return the checks of an API's dependencies."""

    async def redis() -> object:
        return await services.redis.ping()

    return Readiness(
        {
            "postgres": services.db.ping,
            "redis": redis,
            "s3": services.storage.ping,
            "sqs": services.queue.ping,
        }
    )
