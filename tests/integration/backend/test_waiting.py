"""A film that waits says why, and the operator is told how many workers there are."""

import asyncio
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as redis

from backend.workers import KnownWorkers
from core.adapters.postgres import Database
from core.presence import Presence, Report, WorkerState
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from tests.support.app import Api, StartApi
from tests.support.people import Person, new_user
from tests.support.settings import Settings
from tests.support.uploading import begin, uploaded
from tests.support.work import claim_of

pytestmark = pytest.mark.usefixtures("_fresh")

ROOT = Path(__file__).resolve().parents[3]
BIG = 10**12


@pytest.fixture
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what workers say heard at once."""
    monkeypatch.setattr("backend.workers._FRESH_S", 0.0)


async def seen(person: Person, video_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await person.http.get(f"/v1/videos/{video_id}")).json()
    return found


async def until(person: Person, video_id: str, reason: str | None) -> dict[str, Any]:
    """Return the video once it says so."""
    async with asyncio.timeout(60):
        while (found := await seen(person, video_id))["queue"]["reason"] != reason:  # noqa: ASYNC110  Redis has no event
            await asyncio.sleep(0.05)
    return found


async def test_a_film_that_waits_says_why(api: Api, clean: None) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person))["id"]
    told = Presence(api.services.redis)
    first = await until(person, video_id, "no_worker")
    assert (first["state"], first["failure"]) == ("queued", None)
    for report, reason in [
        (Report(WorkerState.BUSY, BIG, BIG), "busy"),
        (Report(WorkerState.NO_ROOM, BIG, BIG, "no disk"), "no_room"),
        (Report(WorkerState.IDLE, 0, BIG), "no_room"),
        (Report(WorkerState.IDLE, BIG, BIG), None),
    ]:
        await told.tell("w", report)
        found = await until(person, video_id, reason)
        assert found["version"] == first["version"], "nothing of the video has changed"
        assert found["queue"]["message"].endswith(".")
        assert "no disk" not in found["queue"]["message"]
    [listed] = (await person.http.get("/v1/videos")).json()["items"]
    assert listed["queue"] == found["queue"]


async def test_a_film_that_does_not_wait_says_nothing(api: Api, db: Database, clean: None) -> None:
    person = await new_user(api)
    upload = await begin(person)
    assert (await seen(person, upload["video_id"]))["queue"] is None
    video_id = (await uploaded(person))["id"]
    await claim_of(db, uuid.UUID(video_id))
    found = await seen(person, video_id)
    assert (found["state"], found["queue"]) == ("processing", None)


async def test_without_redis_nobody_is_blamed_and_nobody_waits(redis_client: redis.Redis) -> None:
    workers = KnownWorkers(redis_client)

    async def away() -> list[Report]:
        await asyncio.sleep(60)
        raise AssertionError

    workers._presence.hear = away  # type: ignore[method-assign]
    async with asyncio.timeout(30):
        for _ in range(50):
            assert await workers.now() is None


async def test_a_redis_that_comes_back_is_heard(redis_client: redis.Redis, clean: None) -> None:
    now = [0.0]
    workers = KnownWorkers(redis_client, lambda: now[0])
    hear = workers._presence.hear

    async def away() -> list[Report]:
        raise redis.ConnectionError

    workers._presence.hear = away  # type: ignore[method-assign]
    assert await workers.now() is None
    workers._presence.hear = hear  # type: ignore[method-assign]
    assert await workers.now() is None  # not asked again so soon
    now[0] = 5.0
    async with asyncio.timeout(60):
        while await workers.now() != []:
            now[0] += 5.0


async def test_a_worker_without_disk_says_so(
    stack: Stack, settings: Settings, start_api: StartApi, clean: None, tmp_path: Path
) -> None:
    api = await start_api()
    person = await new_user(api)
    video_id = (await uploaded(person))["id"]
    extra = {
        "SQS_QUEUE": settings.sqs_queue,
        "SCRATCH_DIR": str(tmp_path),
        "SANDBOX": "off",
        "MIN_FREE_DISK_BYTES": "1000TiB",
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workers",
        cwd=ROOT,
        env={**os.environ, **stack.environment, **find_tools().environment, **extra},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(person, video_id, "no_room")
        worker.terminate()
        await until(person, video_id, "no_worker")
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()
