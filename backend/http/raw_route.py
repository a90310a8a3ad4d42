"""Serving a route without FastAPI's own reading of the request, for the two busiest.

A client asks for part URLs as often as it sends parts, and for a video as often as it wants to know
how far it is. There FastAPI's reading would cost half as much again as all the rest; see
docs/performance.md. The OpenAPI document is told what FastAPI can no longer see.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from backend.deps import BearerSession
from core.errors import NotFound

M = TypeVar("M", bound=BaseModel)

authenticate = BearerSession()


class DirectRoute(APIRoute):
    """A route whose function is given the path's ids and the request, and returns a `Response`.

    Its dependencies are only described, and its function reads the body itself; errors are answered
    as everywhere.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            ids = {name: _id(value) for name, value in scope["path_params"].items()}
            response = await endpoint(**ids, request=Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = app


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise NotFound("This address does not exist.") from None


async def read_body(request: Request, kind: type[M]) -> M:
    """Return the body of a request.

    Raises:
        RequestValidationError: it is no JSON, or not what it should be; answered like any other.
    """
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(found) from None


def described(body: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI should say of a route that reads its body itself."""
    schema = {"$ref": f"#/components/schemas/{body.__name__}"}
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}
