"""Turns errors into RFC 9457 problems: one table, and the handlers that use it."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from backend.http.paths import shown
from core import errors, log

_log = log.get(__name__)

STATUS: dict[type[errors.DomainError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.RateLimited: 429,
    errors.NotOffered: 501,
    errors.Unavailable: 503,
}
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal error",
    501: "Not implemented",
    503: "Service unavailable",
}
_HTTP_CODES = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    429: "rate_limited",
}
_DETAILS = {
    404: "This address does not exist.",
    405: "This address does not support this method.",
}
# In place of pydantic's own sentences, by its codes.
_MESSAGES = {
    "extra_forbidden": "This field is not known.",
    **dict.fromkeys(("model_attributes_type", "model_type"), "This must be a JSON object."),
}
_RETRYABLE = frozenset({429, 500, 503})
_RETRY_AFTER_S = 5


class FieldError(BaseModel):
    """What is wrong with one field; `pointer` is an RFC 6901 JSON pointer."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """An error. Clients decide by its `code`."""

    type: str = Field(examples=["urn:framemill:problem:not_found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["This video does not exist."])
    instance: str = Field(examples=["/v1/videos/01939bf2-7a66-7ea2-8d3b-8f0d8a7c7f11"])
    code: str = Field(examples=["not_found"])
    request_id: str
    retryable: bool
    errors: list[FieldError] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of errors that do not follow from what it takes."""
    return {status: {"description": TITLES[status]} for status in statuses}


def problem(
    path: str,
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    retry_after_s: float | None = None,
    fields: Iterable[FieldError] | None = None,
) -> Response:
    """Return an `application/problem+json` response."""
    body = Problem(
        type=f"urn:framemill:problem:{code}",
        title=TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        instance=shown(path),
        code=code,
        request_id=request_id,
        retryable=status in _RETRYABLE,
        errors=None if fields is None else list(fields),
    )
    extra = dict(headers or {})
    if status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        extra["Retry-After"] = str(max(1, round(retry_after_s or _RETRY_AFTER_S)))
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=status,
        media_type="application/problem+json",
        headers=extra,
    )


def install(app: FastAPI) -> None:
    """Have every error of an app answered as a problem."""
    app.add_exception_handler(errors.DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RedisError, _redis)


def _answer(request: Request, status: int, code: str, detail: str, **more: Any) -> Response:
    request_id = request.scope.get("request_id", "")
    return problem(request.url.path, request_id, status, code, detail, **more)


async def _domain(request: Request, error: Any) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status == 503:
        cause = repr(error.__cause__ or error)
        _log.warning("dependency_unavailable", detail=error.detail, cause=cause)
    return _answer(request, status, error.code, error.detail, retry_after_s=error.retry_after_s)


async def _validation(request: Request, error: Any) -> Response:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _answer(request, 400, "malformed_request", "The body is not valid JSON.")
    if any(item["loc"][0] == "path" for item in found):
        # An id that cannot exist is as unknown as one that does not.
        return _answer(request, 404, "not_found", _DETAILS[404])
    fields = [
        FieldError(
            pointer=_pointer(item["loc"]),
            code=item["type"],
            message=_MESSAGES.get(item["type"], item["msg"].removeprefix("Value error, ")),
        )
        for item in found
    ]
    detail = "; ".join(map(_told, fields[:3]))
    return _answer(request, 422, "validation_failed", detail, fields=fields)


def _told(field: FieldError) -> str:
    """Return what is wrong: our own sentences are for people, others need the field's name."""
    is_sentence = field.code == "value_error" and field.message.endswith(".")
    return field.message if is_sentence else f"{field.pointer}: {field.message}"


def _pointer(location: Iterable[Any]) -> str:
    """Return a JSON pointer into the body, or the name of a parameter."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "/" + "/".join(parts[1:] if len(parts) > 1 else parts)


async def _http(request: Request, error: Any) -> Response:
    status = error.status_code
    if status == 405:
        allowed = {"Allow": ", ".join(sorted(_methods_at(request)))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        return _answer(request, 405, _HTTP_CODES[405], _DETAILS[405], headers=allowed)
    code = _HTTP_CODES.get(status, "internal_error" if status >= 500 else "malformed_request")
    detail = _DETAILS.get(status, str(error.detail))
    return _answer(request, status, code, detail, headers=error.headers)


def _methods_at(request: Request) -> set[str]:
    """Return the methods that an address knows: each is a route of its own."""
    found: set[str] = {"OPTIONS"}
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found | {"HEAD"} if "GET" in found else found


async def _redis(request: Request, error: Exception) -> Response:
    _log.warning("dependency_unavailable", error=repr(error))
    detail = "The session store does not answer."
    return _answer(request, 503, "dependency_unavailable", detail)
