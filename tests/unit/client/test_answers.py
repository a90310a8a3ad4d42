import json
from datetime import UTC, datetime

import pytest

from client.answers import api_error, retry_after, store_refusal
from client.retry import Outcome


def test_a_problem_document() -> None:
    problem = {
        "title": "Validation failed",
        "status": 422,
        "detail": "The request is not valid.",
        "code": "validation_failed",
        "request_id": "r1",
        "retryable": False,
        "errors": [{"pointer": "#/size", "code": "x", "message": "must be above 0"}],
    }
    error = api_error(422, {}, json.dumps(problem).encode())
    assert str(error) == "The request is not valid (size: must be above 0)."
    assert (error.code, error.status, error.request_id, error.retryable) == (
        "validation_failed",
        422,
        "r1",
        False,
    )


def test_what_the_sentence_says_is_not_said_twice() -> None:
    problem = {
        "detail": "/title: has a control character",
        "errors": [{"pointer": "/title", "message": "has a control character"}],
    }
    assert str(api_error(422, {}, json.dumps(problem).encode())) == problem["detail"]


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[1]", b'{"detail": 3}'])
def test_whatever_stands_in_between(body: bytes) -> None:
    error = api_error(502, {"retry-after": "3"}, body)
    assert str(error) == "The server answered 502 without a reason."
    assert (error.code, error.retryable, error.retry_after) == ("http_502", True, 3.0)


def test_a_redirect_names_the_address_to_use() -> None:
    error = api_error(308, {"location": "https://x.example.org/"}, b"")
    assert "https://x.example.org/" in str(error)


def test_what_the_store_says() -> None:
    body = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Less.</Message></Error>"
    assert store_refusal(503, {"retry-after": "2"}, body) == (
        Outcome(503, "SlowDown", retry_after=2.0),
        "503 SlowDown Less",
    )
    assert store_refusal(500, {}, b"")[1] == "500"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("5", 5.0),
        ("Sun, 01 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 11, 1, 12, tzinfo=UTC)) == seconds
