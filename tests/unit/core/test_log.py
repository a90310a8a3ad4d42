"""Logs: one line an event, with the ids of the work at hand."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from core import log

SECRET = "the-password-of-somebody"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    configuration, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()
    root.handlers, level_before = handlers, level
    root.setLevel(level_before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_carries_the_ids_that_are_bound() -> None:
    stream = io.StringIO()
    log.configure("INFO", "json", stream)
    with structlog.contextvars.bound_contextvars(request_id="r1", video_id="v1"):
        log.get("some.module").info("claimed", attempt=2)
    log.get("some.module").info("idle")
    first, second = lines(stream)
    assert first["event"] == "claimed"
    assert first["level"] == "info"
    assert first["module"] == "some.module"
    assert (first["request_id"], first["video_id"], first["attempt"]) == ("r1", "v1", 2)
    assert first["timestamp"].endswith("Z")
    assert "request_id" not in second


def test_less_than_the_level_is_left_out() -> None:
    stream = io.StringIO()
    log.configure("WARNING", "json", stream)
    log.get("m").info("quiet")
    log.get("m").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_an_exception_is_one_line_with_its_traceback() -> None:
    stream = io.StringIO()
    log.configure("INFO", "json", stream)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        log.get("m").exception("failed")
    [line] = lines(stream)
    assert "RuntimeError: broken" in line["exception"]
    assert "test_log.py" in line["exception"]


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_tells_no_local_variable(style: str) -> None:
    stream = io.StringIO()
    log.configure("INFO", style, stream)

    def check(password: str) -> None:
        raise RuntimeError("broken")

    try:
        check(SECRET)
    except RuntimeError:
        log.get("m").exception("failed")
    assert "RuntimeError: broken" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_the_lines_of_libraries_have_the_same_shape() -> None:
    stream = io.StringIO()
    log.configure("INFO", "json", stream)
    logging.getLogger("some.library").warning("slow %s", "answer")
    logging.getLogger("some.library").info("chatter")
    [line] = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == (
        "slow answer", "warning", "some.library",
    )  # fmt: skip


def test_people_get_lines_they_can_read() -> None:
    stream = io.StringIO()
    log.configure("INFO", "console", stream)
    log.get("m").info("claimed", attempt=2)
    assert "claimed" in stream.getvalue()
    assert "attempt=2" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()  # no colours in a file


def test_what_a_library_says_of_addresses_loses_their_secrets() -> None:
    stream, jwt = io.StringIO(), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    log.configure("INFO", "json", stream)
    told = [
        f"GET https://s3.example/film?X-Amz-Date=1&X-Amz-Signature={'ab' * 32}&x=1 failed",
        "GET https://d1.example/film?Expires=1&Signature=q~hunter2hunter2__&Key-Pair-Id=K failed",
        f"Authorization: Bearer {jwt}",
        "cannot reach postgresql://framemill:hunter2hunter2@db.example:5432/films",
        "cannot reach redis://:hunter2hunter2@redis.example/0",
    ]
    for each in told:
        log.get("m").warning("failed", error=each)
        logging.getLogger("library").error(each)
        try:
            raise RuntimeError(each)
        except RuntimeError:
            log.get("m").exception("failed")
    text = stream.getvalue()
    assert len(lines(stream)) == 3 * len(told)
    for secret in ("ab" * 32, jwt, "hunter2"):
        assert secret not in text
    for kept in ("s3.example", "&x=1 failed", "db.example:5432/films", "redis.example/0"):
        assert text.count(kept) >= 3


def test_a_line_that_a_full_disk_does_not_take_harms_nobody() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a stream, as standard error is one
        log.configure("INFO", "json", full)
        log.get("m").warning("lost")
        log.get("m").info("lost too")
        with contextlib.suppress(OSError):
            full.close()
