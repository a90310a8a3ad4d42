"""Whether the service lives, is ready, and what it counts."""

import uuid

from core import claims
from core.db import Database
from core.errors import Failure
from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.work import claim, queue_video


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


async def figures(api: Api) -> dict[str, float]:
    text = (await api.client().get("/metrics")).text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_what_waits_and_how_it_ends_is_told(api: Api, db: Database, clean: None) -> None:
    failed, *_ = [await queue_video(db) for _ in range(3)]
    held = await claim(db, failed.task_id)
    assert (await figures(api))['framemill_tasks{state="running"}'] == 1
    async with db.begin() as tx:
        await claims.fail(tx, held, Failure("corrupt_media", "-", retryable=False), error="-")
    told = await figures(api)
    assert told['framemill_up{part="postgres"}'] == 1
    assert told['framemill_tasks{state="queued"}'] == 2
    assert told['framemill_tasks{state="running"}'] == 0
    assert told['framemill_tasks_oldest_seconds{state="queued"}'] > 0
    ended = 'framemill_jobs_ended_last_hour{code="corrupt_media",state="failed"}'
    assert told[ended] == 1


async def test_figures_are_told_without_a_database(start_api: StartApi) -> None:
    api = await start_api(database_url="postgresql://nobody:x@127.0.0.1:1/none")
    told = await figures(api)
    assert told['framemill_up{part="postgres"}'] == 0
    assert 'framemill_tasks{state="queued"}' not in told
