"""Whether the service lives, is ready, and what it counts."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import pytest
from fastapi import FastAPI

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.problems import problem


async def test_the_process_lives(api: Api) -> None:
    answer = await api.client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_every_part_answers(api: Api) -> None:
    http = api.service()
    for path in ("/healthz", "/readyz"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_who_reaches_the_api_learns_nothing_but_that_it_lives(api: Api) -> None:
    for path in ("/readyz", "/metrics"):
        problem(await api.client().get(path), 404, "not_found")
        assert path not in api.app.openapi()["paths"]
    for path in ("/openapi.json", "/docs", "/v1/me", "/"):
        problem(await api.service().get(path), 404, "not_found")


async def test_the_parts_are_asked_once_for_many(
    start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    for kind in (Storage, TaskQueue, Database):
        real = kind.ping

        async def ping(self: Any, kind: Any = kind, real: Any = real) -> None:
            asked[kind.__name__] += 1
            await real(self)

        monkeypatch.setattr(kind, "ping", ping)
    http = (await start_api()).service()
    answers = await asyncio.gather(*(http.get("/readyz") for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert asked == {"Storage": 1, "TaskQueue": 1, "Database": 1}


async def test_before_it_has_opened_it_is_not_ready(api: Api) -> None:
    unopened = Api(FastAPI(), api.settings)
    problem(await unopened.service().get("/readyz"), 503, "dependency_unavailable")
    assert (await unopened.service().get("/metrics")).status_code == 200


async def counted(api: Api, labels: str) -> float:
    text = (await api.service().get("/metrics")).text
    [line] = [
        line for line in text.splitlines()
        if line.startswith("framemill_http_requests_total{" + labels)
    ] or ["x 0"]  # fmt: skip
    return float(line.rpartition(" ")[2])


async def test_requests_are_counted_by_route_and_never_by_address(api: Api) -> None:
    person, video_id = await new_user(api), uuid.uuid4()
    labels = 'method="GET",route="/v1/videos/{video_id}",status="404"'
    before = await counted(api, labels)
    await person.http.get(f"/v1/videos/{video_id}")
    assert await counted(api, labels) == before + 1
    answer = await api.service().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert str(video_id) not in answer.text
