"""What control counts, and tells whoever asks."""

import pytest
import redis.asyncio as redis
from aiohttp import ClientSession

from control import service_app
from control.adapters import Adapters
from control.metrics import text
from core import service_port
from core.adapters.postgres import Database
from core.errors import Failure
from core.model.failure_codes import FailureCode
from core.model.notes import DoneCode, WarningCode, as_json, note
from core.presence import Presence, Report, WorkerState
from core.tasks import settle
from core.tasks.settle import Ending
from tests.support.control import rounds_of
from tests.support.settings import Settings
from tests.support.work import claim, encoding, queue_video, succeed

Told = dict[str, float]


async def told_by(adapters: Adapters) -> Told:
    lines = [
        line.rpartition(" ")
        for line in (await text(adapters)).decode().splitlines()
        if not line.startswith("#")
    ]
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def adapters(settings: Settings, db: Database, redis_client: redis.Redis) -> Adapters:
    return rounds_of(settings, db, redis=redis_client).adapters


async def test_what_waits_and_how_it_ends_is_told(db: Database, adapters: Adapters) -> None:
    failed, *_ = [await queue_video(db) for _ in range(3)]
    held = await claim(db, failed.task_id)
    told = await told_by(adapters)
    assert told['framemill_tasks{state="running"}'] == 1
    assert told["framemill_tasks_wanted"] == 3
    async with db.begin() as tx:
        await settle.fail(
            tx,
            held,
            Failure(FailureCode.CORRUPT_MEDIA, "-", retryable=False),
            Ending(cpu_seconds=2.5),
        )
    told = await told_by(adapters)
    assert told['framemill_up{dependency="postgres"}'] == 1
    assert told['framemill_tasks{state="queued"}'] == 2
    assert told['framemill_tasks{state="running"}'] == 0
    assert told['framemill_tasks_oldest_seconds{state="queued"}'] > 0
    ended = 'framemill_jobs_ended_last_hour{code="corrupt_media",state="failed"}'
    assert told[ended] == 1
    assert told[ended.replace("ended", "cpu_seconds")] == 2.5


async def test_what_is_told_of_videos_is_counted(db: Database, adapters: Adapters) -> None:
    dropped = note(WarningCode.SUBTITLES_DROPPED, tracks="1 subtitle track was")
    turned = note(DoneCode.ROTATED, degrees=90)
    silent = {"loudness": None, "of_a_later_release": {"some": "thing"}}
    for notes in (None, as_json([turned], [dropped]), {**as_json([turned]), **silent}):
        await succeed(db, await encoding(db, await queue_video(db)), "720p", notes=notes)
    told = await told_by(adapters)
    name = 'framemill_jobs_notes_last_hour{code="%s",kind="%s"}'
    assert told[name % ("rotated", "done")] == 2
    assert told[name % ("subtitles_dropped", "warnings")] == 1


async def test_a_task_that_waits_to_be_tried_again_wants_no_worker(
    db: Database, adapters: Adapters
) -> None:
    held = await claim(db, (await queue_video(db)).task_id)
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=60, charge=True)
    told = await told_by(adapters)
    assert told['framemill_tasks{state="queued"}'] == 1
    assert told["framemill_tasks_wanted"] == 0


async def test_metrics_are_told_without_a_database(
    settings: Settings, redis_client: redis.Redis
) -> None:
    away = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/none")
    told = await told_by(rounds_of(settings, away, redis=redis_client).adapters)
    assert told['framemill_up{dependency="postgres"}'] == 0
    # Who scales by it must see that it is not known, and not that nothing is wanted.
    assert "framemill_tasks_wanted" not in told
    assert 'framemill_tasks{state="queued"}' not in told
    await away.close()


async def test_workers_are_counted_by_what_they_say(
    redis_client: redis.Redis, adapters: Adapters
) -> None:
    words = Presence(redis_client)
    await words.tell("a", Report(WorkerState.NO_ROOM, 0, 1, "no disk"))
    await words.tell("b", Report(WorkerState.BUSY, 0, 1))
    told = await told_by(adapters)
    counts = {each: told[f'framemill_workers{{state="{each}"}}'] for each in WorkerState}
    assert counts == {"idle": 0.0, "busy": 1.0, "no_room": 1.0}


async def test_they_are_told_over_http_and_nothing_else_is(adapters: Adapters) -> None:
    listener = service_port.bind("127.0.0.1", 0, "CONTROL_PORT")
    address = f"http://{service_port.address_of(listener)}"
    async with service_app.served(listener, adapters), ClientSession(trust_env=False) as http:
        async with http.get(f"{address}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with http.get(f"{address}/metrics") as answer:
            assert answer.headers["content-type"].startswith("text/plain")
            assert "framemill_tasks_wanted 0.0" in await answer.text()
        async with http.get(f"{address}/") as answer:
            assert answer.status == 404
