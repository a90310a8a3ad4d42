"""Whether the service lives, is ready, and what it counts."""

import uuid

from tests.support.app import Api
from tests.support.people import new_user


async def test_the_process_lives(api: Api) -> None:
    answer = await api.client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_every_part_answers(api: Api) -> None:
    answer = await api.client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def counted(api: Api, labels: str) -> float:
    text = (await api.client().get("/metrics")).text
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
    answer = await api.client().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert str(video_id) not in answer.text
