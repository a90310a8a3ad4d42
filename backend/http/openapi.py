"""Adds to the OpenAPI document what the routes do not say."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from backend.events.schemas import DeletedVideo
from backend.http.errors import Problem
from backend.uploads.schemas import PartsRequest

DESCRIPTION = """\
Upload videos in parts directly to S3, get them transcoded, and watch or download the renditions.

Log in with `POST /v1/auth/login`, send the access token as `Authorization: Bearer …`, and refresh
it before it expires. Errors are RFC 9457 problems: decide by `code`. Times are RFC 3339 in UTC.
"""


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
            _drop_default_validation(document)
        return dict(app.openapi_schema or {})

    app.openapi = openapi  # type: ignore[method-assign]


def _drop_default_validation(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"].get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]


def _drop_null_defaults(schema: dict[str, Any]) -> None:
    """Do as FastAPI does: a field that may be left out is no field that is null."""
    for field in schema["properties"].values():
        if field.get("default", ...) is None:
            del field["default"]
