"""What every error of the API looks like."""

from typing import Any

import httpx

from backend.http.paths import shown

FIELDS = {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Return an error's body after checking it against the contract."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    assert set(body) - {"errors"} == FIELDS
    assert body["status"] == status
    assert body["type"].endswith(code)
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == shown(answer.request.url.path)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["retryable"] is (status in (429, 500, 503))
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    return body
