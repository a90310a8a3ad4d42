"""While this release is rolled out the one before goes on: neither harms a film of the other."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from tests.integration.rollout.fleet import NEW, OLD, Fleet, Owner, fleet_of
from tests.support.lanes import Rounds
from tests.support.product import Clips
from tests.support.release_before import NoHistoryError
from tests.support.settings import Settings
from tests.support.waiting import wait_until

pytestmark = pytest.mark.thorough("two releases are at work, on films that are really made")

_RESTS = ("ready", "cancelled", "deleted")
# Each selects what must not be.
_WRONG = {
    "a live task of a video that is deleted": """
        SELECT job_tasks.id FROM job_tasks JOIN videos ON videos.id = video_id
        WHERE videos.state = 'deleted' AND job_tasks.state IN ('blocked', 'queued', 'running')
        UNION ALL SELECT tasks.id FROM tasks JOIN videos ON videos.id = video_id
        WHERE videos.state = 'deleted' AND tasks.state IN ('queued', 'running')""",
    "a live job without a live task": """
        SELECT id FROM jobs WHERE state IN ('queued', 'running')
        AND NOT EXISTS (SELECT FROM job_tasks WHERE job_id = jobs.id
          AND job_tasks.state IN ('blocked', 'queued', 'running'))
        AND NOT EXISTS (SELECT FROM tasks WHERE job_id = jobs.id
          AND tasks.state IN ('queued', 'running'))""",
    "a live task of a job that has ended": """
        SELECT job_tasks.id FROM job_tasks JOIN jobs ON jobs.id = job_id
        WHERE jobs.state NOT IN ('queued', 'running')
        AND job_tasks.state IN ('blocked', 'queued', 'running')""",
    "a job that both have done": """
        SELECT job_id FROM tasks WHERE tasks.state = 'succeeded'
        INTERSECT SELECT job_id FROM job_tasks WHERE job_tasks.state = 'succeeded'""",
    "a task that was done twice": """
        SELECT task_id FROM task_attempts WHERE outcome = 'succeeded'
        GROUP BY task_id HAVING count(*) > 1""",
    "outputs of two jobs": """
        SELECT video_id FROM assets WHERE state = 'published' AND is_main
        GROUP BY video_id HAVING count(DISTINCT job_id) > 1""",
    "an output that one of them does not know": """
        SELECT id FROM (SELECT id FROM renditions UNION ALL SELECT id FROM artifacts) AS old
        FULL JOIN (SELECT id FROM assets WHERE state = 'published') AS new USING (id)
        WHERE old.id IS NULL OR new.id IS NULL""",
    "outputs of what is deleted": """
        SELECT assets.id FROM assets JOIN videos ON videos.id = video_id
        WHERE videos.state = 'deleted'""",
    "an attempt that is open of a task that has ended": """
        SELECT task_id FROM task_attempts JOIN job_tasks ON job_tasks.id = task_id
        WHERE outcome IS NULL AND state NOT IN ('running')""",
}


@pytest_asyncio.fixture(loop_scope="session")
async def fleet(stack: Stack, settings: Settings, tmp_path: Path) -> AsyncIterator[Fleet]:
    try:
        async with fleet_of(stack, settings, tmp_path) as started:
            yield started
    except NoHistoryError as error:
        pytest.skip(str(error))


@pytest_asyncio.fixture(loop_scope="session")
async def owner(fleet: Fleet) -> AsyncIterator[Owner]:
    """Somebody who has an account since the release before, which is at work."""
    fleet.start_worker(OLD)
    await fleet.start_api(OLD)
    # An idle connection is given up sooner than the API closes it: a POST is not sent twice.
    limits = httpx.Limits(keepalive_expiry=2)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as http:
        found = Owner(fleet, http)
        await found.enter()
        yield found


def _made(place: Path, seconds: float, size: str) -> bytes:
    tools = find_tools().environment
    clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])
    return clips.short(place / f"{size}.mp4", seconds=seconds, size=size).read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return _made(tmp_path_factory.mktemp("film"), 1, "320x180")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One that a worker has in hand for some seconds."""
    return _made(tmp_path_factory.mktemp("film"), 60, "640x360")


async def rolled_out(fleet: Fleet) -> None:
    """Bring the database over, and have this release begin beside the one before."""
    await fleet.migrate()
    await begun_beside(fleet)


async def begun_beside(fleet: Fleet) -> None:
    """Have this release begin."""
    await fleet.start_control()
    fleet.start_worker(NEW)
    await fleet.start_api(NEW)


async def test_every_film_ends_as_its_owner_wants(
    fleet: Fleet,
    owner: Owner,
    film: bytes,
    rounds: Rounds,
    seed: int,
    figure: Callable[[str, object], None],
) -> None:
    count, rng = rounds(test=6, rest=16, prove=120), random.Random(f"rollout {seed}")
    before = [await owner.upload(OLD, film) for _ in range(3)]
    going_on = asyncio.create_task(_ask_all_the_while(owner, before[0]))
    await rolled_out(fleet)
    going_on.cancel()
    assert owner.faults == []

    gate = asyncio.Semaphore(4)
    kills = {count // 3: OLD, 2 * count // 3: NEW}

    async def one(number: int) -> tuple[str, str]:
        async with gate:
            if number in kills:
                fleet.start_worker(kills[number])
                fleet.kill_worker(kills[number])
            return await _used(owner, film, random.Random(f"{rng.random()} {number}"), number)

    ended = await asyncio.gather(*(one(number) for number in range(count)))
    for video_id in before:
        ended.append((video_id, await owner.until(video_id, "ready")))
    assert (owner.faults, fleet.dead) == ([], 0)
    for video_id, state in ended:
        await _both_say(owner, video_id, state)
    for name, statement in _WRONG.items():
        assert await fleet.rows(statement) == [], name
    waits = await fleet.rows(
        "SELECT max(started_at - created_at) AS most FROM jobs WHERE started_at IS NOT NULL"
    )
    figure("rollout: the longest that a job waited, beside both kinds of workers", waits[0]["most"])


async def test_who_has_a_film_in_hand_ends_it_and_who_dies_loses_none(
    fleet: Fleet, owner: Owner, long_film: bytes
) -> None:
    await wait_until(fleet.start_worker(OLD).exists, 30)
    kept, lost = await asyncio.gather(*(owner.upload(OLD, long_film) for _ in range(2)))
    held = await _held_by(fleet, "tasks", kept, lost)
    await fleet.migrate()
    fleet.kill_worker(OLD)
    await begun_beside(fleet)
    # Whichever the one that was killed had.
    finished = [await owner.until(video_id, "ready") for video_id in (kept, lost)]
    assert finished == ["ready", "ready"]
    by_old = await fleet.rows("SELECT job_id FROM tasks WHERE state = 'succeeded'")
    by_new = await fleet.rows("SELECT DISTINCT job_id FROM job_tasks WHERE state = 'succeeded'")
    # The worker of old that lives ends its own; whoever is first has that of the other.
    assert by_old
    assert sorted(row["job_id"] for row in by_old + by_new) == sorted(held)

    other = await owner.upload(OLD, long_film)
    await owner.ask(OLD, "POST", f"/v1/videos/{other}/cancel")
    for process in fleet.workers[OLD]:
        process.terminate()  # whatever comes is for this release
        process.wait()
    fleet.workers[OLD].clear()
    again = await owner.ask(OLD, "POST", f"/v1/videos/{other}/retry")
    assert again.status_code == 202, again.text
    await _held_by(fleet, "job_tasks", other)
    fleet.start_worker(NEW)
    fleet.kill_worker(NEW)  # the one that has it
    assert await owner.until(other, "ready") == "ready"
    assert (owner.faults, fleet.dead) == ([], 0)
    for video_id in (kept, lost, other):
        await _both_say(owner, video_id, "ready")
    for name, statement in _WRONG.items():
        assert await fleet.rows(statement) == [], name


async def _held_by(fleet: Fleet, table: str, *video_ids: str) -> set[Any]:
    """Wait until workers have films in hand; return the jobs."""
    found: set[Any] = set()

    async def held() -> bool:
        rows = await fleet.rows(
            f"SELECT job_id FROM {table} WHERE state = 'running' AND video_id = ANY($1::uuid[])",
            list(video_ids),
        )
        found.update(row["job_id"] for row in rows)
        return len(rows) == len(video_ids)

    await wait_until(held, 60)
    return found


async def _ask_all_the_while(owner: Owner, video_id: str) -> None:
    while True:
        await owner.seen(OLD, video_id)
        await owner.ask(OLD, "GET", "/v1/videos")
        await owner.ask(OLD, "PATCH", f"/v1/videos/{video_id}", {"title": "Another"})


async def _used(owner: Owner, film: bytes, rng: random.Random, number: int) -> tuple[str, str]:
    """Have a film uploaded through one API and something done to it through the other.

    Returns:
        The video, and the state that it must stay in.
    """
    here, there = (OLD, NEW) if number % 2 else (NEW, OLD)
    video_id = await owner.upload(here, film)
    path = f"/v1/videos/{video_id}"
    action = rng.choice(("wait", "cancel", "cancel", "delete", "again", "again"))
    if action == "wait":
        return video_id, await owner.until(video_id, "ready")
    if action == "again":
        await owner.until(video_id, "ready")
        # Both at once: one of them is told that it is under way.
        asked = {"operation": "transcode"}
        answers = await asyncio.gather(
            *(owner.ask(each, "POST", f"{path}/jobs", asked) for each in (here, there))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([201, 409], [202, 409]), [answer.text for answer in answers]
        return video_id, await _settled(owner, video_id)
    await asyncio.sleep(rng.uniform(0, 3))  # at any moment of its way
    if action == "delete":
        answer = await owner.ask(there, "DELETE", path)
        assert answer.status_code == 204, answer.text
        return video_id, "deleted"
    answer = await owner.ask(there, "POST", f"{path}/cancel")
    assert answer.status_code in (202, 409), answer.text
    if answer.status_code == 409:
        return video_id, await owner.until(video_id, "ready")
    retried = await owner.ask(here, "POST", f"{path}/retry")
    assert retried.status_code == 202, retried.text
    return video_id, await owner.until(video_id, "ready")


async def _settled(owner: Owner, video_id: str) -> str:
    """Wait until nothing is under way for a video that is ready all the while, or in the end."""
    while True:
        live = await owner.fleet.rows(
            "SELECT id FROM jobs WHERE video_id = $1 AND state IN ('queued', 'running')", video_id
        )
        if not live:
            return await owner.until(video_id, "ready")
        await asyncio.sleep(0.1)


async def _both_say(owner: Owner, video_id: str, state: str) -> None:
    old, new = await owner.seen(OLD, video_id), await owner.seen(NEW, video_id)
    if state == "deleted":
        assert (old, new) == (None, None)
        return
    assert old is not None
    assert new is not None
    for each in (old, new):
        assert each["state"] == state
        assert each["progress"] == 100
        assert each["renditions"]
        assert each["poster_url"]
    told: Any = ("id", "version", "title", "failure", "stage", "source")
    assert [old[name] for name in told] == [new[name] for name in told]
    links = [{item["url"].partition("?")[0] for item in each["renditions"]} for each in (old, new)]
    assert links[0] == links[1]
    for rendition in new["renditions"]:
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60) as plain:
            answer = await plain.get(rendition["url"])
        assert len(answer.content) == rendition["size"]
