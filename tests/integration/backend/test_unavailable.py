"""What is answered while a part behind the API is away."""

import asyncio
import socket
import uuid
from collections.abc import Iterator

import pytest

from tests.support.app import Api, StartApi
from tests.support.people import login, new_email, new_user
from tests.support.problems import problem


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port on which nobody answers, and nobody else will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def unready(api: Api) -> str:
    answer = await api.service().get("/readyz")
    detail: str = problem(answer, 503, "dependency_unavailable")["detail"]
    return detail


async def test_without_redis_nobody_is_let_in(start_api: StartApi, nowhere: int, api: Api) -> None:
    person = await new_user(api)
    cut = await start_api(redis_url=f"redis://127.0.0.1:{nowhere}/0")
    answer = await cut.client(person.token).get("/v1/me")
    assert "session" in problem(answer, 503, "dependency_unavailable")["detail"]
    problem(await login(cut.client(), person.email), 503, "dependency_unavailable")
    assert await unready(cut) == "Not answering: redis."
    assert (await cut.client().get("/healthz")).status_code == 200


async def test_without_postgres_nothing_is_read(
    start_api: StartApi, nowhere: int, api: Api
) -> None:
    person = await new_user(api)
    cut = await start_api(database_url=f"postgresql://nobody:x@127.0.0.1:{nowhere}/x")
    http = cut.client(person.token)
    for answer in [
        await http.get("/v1/me"),
        await http.get("/v1/videos"),
        await http.get(f"/v1/videos/{uuid.uuid4()}"),
        await login(cut.client(), new_email()),
    ]:
        assert "database" in problem(answer, 503, "dependency_unavailable")["detail"]
    assert await unready(cut) == "Not answering: postgres."


async def test_without_the_stores_no_upload_begins(start_api: StartApi, nowhere: int) -> None:
    api = await start_api(aws_endpoint_url=f"http://127.0.0.1:{nowhere}")
    person = await new_user(api)
    body = {"filename": "film.mp4", "size": 1}
    answer, detail = await asyncio.gather(person.http.post("/v1/uploads", json=body), unready(api))
    assert "store" in problem(answer, 503, "dependency_unavailable")["detail"]
    assert detail == "Not answering: s3, sqs."
    assert (await person.http.get("/v1/videos")).json()["items"] == []
