"""Reading what servers say when they refuse: problem documents and S3's XML. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from client.errors import ApiError
from client.retry import Outcome


def api_error(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """Turn an answer of 300 or above into an error (RFC 9457, or whatever stands in between)."""
    problem = _object(body)
    code = str(problem.get("code") or f"http_{status}")
    return ApiError(
        _detail(problem, status, headers.get("location")),
        code=code,
        status=status,
        request_id=_text(problem.get("request_id")),
        retryable=bool(problem.get("retryable", status >= 500 or status == 429)),
        retry_after=retry_after(headers.get("retry-after"), datetime.now(UTC)),
    )


def store_refusal(status: int, headers: Mapping[str, str], body: bytes) -> tuple[Outcome, str]:
    """Read an error answer of S3; returns it with one short description."""
    text = body.decode("utf-8", "replace")
    code = _element(text, "Code")
    message = _element(text, "Message") or _element(text, "title") or ""
    outcome = Outcome(
        status, code, retry_after=retry_after(headers.get("retry-after"), datetime.now(UTC))
    )
    return outcome, f"{status} {code or ''} {message}".rstrip(" .")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header means (RFC 9110, 10.2.3), if it is valid."""
    if value is None:
        return None
    if value.strip().isdecimal() and value.isascii():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _detail(problem: Mapping[str, Any], status: int, location: str | None) -> str:
    if 300 <= status < 400:
        return f"The server redirects to {location}. Use that address as the server."
    detail = _text(problem.get("detail")) or _text(problem.get("title"))
    if detail is None:
        return f"The server answered {status} without a reason."
    errors = problem.get("errors")
    notes = [
        f"{str(item.get('pointer', '')).strip('#/') or 'request'}: {item['message']}"
        for item in (errors if isinstance(errors, list) else ())
        # The server's sentence mostly names the fields already.
        if isinstance(item, dict) and item.get("message") and item["message"] not in detail
    ]
    return f"{detail.rstrip('.')} ({'; '.join(notes)})." if notes else detail


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _element(text: str, name: str) -> str | None:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found.group(1).strip() if found else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
