"""Adds to the OpenAPI document what the routes do not say."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from backend.events.library import DeletedVideo
from backend.http.errors import TITLES, Problem
from backend.uploads.schemas import PartsRequest

DESCRIPTION = """\
Upload videos in parts directly to S3, get them transcoded, and watch or download the renditions.

Log in with `POST /v1/auth/login`, send the access token as `Authorization: Bearer …`, and refresh
it before it expires. Errors are RFC 9457 problems: decide by `code`. Times are RFC 3339 in UTC.
"""


_RETRY_AFTER = {
    "description": "Seconds to wait before asking again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_HEADERS = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    429: {"Retry-After": _RETRY_AFTER},
    503: {"Retry-After": _RETRY_AFTER},
}
# Referred to by name only: from every error, from a route that reads its body itself, from streams.
_UNSEEN: tuple[type[BaseModel], ...] = (Problem, PartsRequest, DeletedVideo)


def complete_document(app: FastAPI) -> None:
    """Put what FastAPI cannot see into the document, and short names on its operations."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.name
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = build()  # keeps what it returns in `openapi_schema`
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for model in _UNSEEN:
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(schema.pop("$defs", {}))
                _drop_null_defaults(schema)
                schemas[model.__name__] = schema
            # Every refusal of a body is a problem; FastAPI's own shape is never sent.
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for path, methods in document["paths"].items():
                for operation in methods.values():
                    _describe_problems(path, operation)
        return dict(app.openapi_schema or {})

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_problems(path: str, operation: dict[str, Any]) -> None:
    """Add the errors that follow from what an operation takes to those that its route names."""
    responses = operation["responses"]
    responses.pop("422", None)
    statuses = {500, 503, *(int(status) for status in responses if status >= "4")}
    if "security" in operation:
        statuses.add(401)
    if "{" in path:
        statuses.add(404)
    if "requestBody" in operation:
        statuses |= {400, 413, 415, 422}
    if any(item["in"] == "query" for item in operation.get("parameters", ())):
        statuses.add(422)
    for status in sorted(statuses):
        responses[str(status)] = {
            "description": TITLES[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }


def _drop_null_defaults(schema: dict[str, Any]) -> None:
    """Do as FastAPI does: a field that may be left out is no field that is null."""
    for field in schema["properties"].values():
        if field.get("default", ...) is None:
            del field["default"]
