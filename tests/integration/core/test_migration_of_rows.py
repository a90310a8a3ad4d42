"""The database of the version before is brought over with everything that it may hold."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import pytest_asyncio

from control.leases import adopt_all
from core.adapters.postgres import Database
from core.migrations.upgrade import upgrade
from embedded.stack import Stack
from tests.machine.truth import RULES, broken
from tests.support.databases import own_database
from tests.support.settings import Settings

BEFORE = "0003"  # whose races could leave more wrong than those since
# What is shown of the one with live work was made by that, which is ended.
KEPT = {name: rule for name, rule in RULES.items() if not name.startswith("what is shown was")}
_BEAT = (("tasks", "video_id"), ("jobs", "video_id"), ("videos", "id"))


@pytest_asyncio.fixture(loop_scope="session")
async def before(stack: Stack) -> AsyncIterator[str]:
    """The address of a database with the tables of the version before."""
    async with own_database(stack, template="template1") as address:
        url = Settings(database_url=address, redis_url="redis://nobody")
        found = url.database_url.get_secret_value()
        await asyncio.to_thread(upgrade, found, BEFORE)
        yield found


async def connected(url: str) -> Any:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def film(connection: Any, user: uuid.UUID, state: str, *tasks: str) -> list[uuid.UUID]:
    """Insert a video with a job and a task in each of these states; the last is its own job."""
    video = uuid.uuid4()
    await connection.execute(
        "INSERT INTO videos (id, user_id, title, state, source_key, source_filename, source_size)"
        " VALUES ($1, $2, 'A film', $3, 'k', 'film.mp4', 1)",
        video, user, state,
    )  # fmt: skip
    jobs = []
    for task in tasks:
        jobs.append(uuid.uuid4())
        await connection.execute(
            "INSERT INTO jobs (id, video_id, user_id, operation, state)"
            " VALUES ($1, $2, $3, 'transcode', $4)",
            jobs[-1], video, user, task,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO tasks (id, job_id, video_id, state, lease_until) VALUES ($1, $2, $3, $4,"
            " CASE WHEN $5 THEN now() END)",
            uuid.uuid4(), jobs[-1], video, task, task == "running",
        )  # fmt: skip
    if jobs:
        await connection.execute("UPDATE videos SET job_id = $1 WHERE id = $2", jobs[-1], video)
    return [video, *jobs]


async def filled(url: str) -> dict[str, uuid.UUID]:
    """Insert what is right, and each wrong that races of the version before could leave."""
    connection = await connected(url)
    user = uuid.uuid4()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, 'a@example.com', '-')", user
    )
    found = {
        "ready": (await film(connection, user, "ready", "succeeded"))[0],
        "queued": (await film(connection, user, "queued", "queued"))[0],
        "running": (await film(connection, user, "processing", "running"))[0],
        "failed": (await film(connection, user, "failed", "failed"))[0],
        "live work of what is deleted": (await film(connection, user, "deleted", "queued"))[0],
        "live work of what is ready": (await film(connection, user, "ready", "running"))[0],
        "two that live": (await film(connection, user, "queued", "queued", "queued"))[0],
        "waits for what has ended": (await film(connection, user, "queued", "failed"))[0],
    }
    # Its own job has ended, and that of another time lives.
    video, _, last = await film(connection, user, "queued", "queued", "failed")
    found["another one lives"] = video
    assert await connection.fetchval("SELECT job_id FROM videos WHERE id = $1", video) == last
    await connection.execute(
        "INSERT INTO renditions (id, video_id, job_id, name, s3_key, width, height, size, duration,"
        " bitrate, video_codec) SELECT gen_random_uuid(), id, job_id, '480p', 'k', 1, 1, 1, 1, 1,"
        " 'h264' FROM videos WHERE state = 'ready'"
    )
    await connection.close()
    return found


async def test_everything_is_kept_and_what_was_wrong_is_put_right(before: str) -> None:
    films = await filled(before)
    await asyncio.to_thread(upgrade, before)
    connection = await connected(before)
    rows = await connection.fetch("SELECT id, state, title, playable_at FROM videos")
    states = {row["id"]: row["state"] for row in rows}
    assert {name: states[video] for name, video in films.items()} == {
        "ready": "ready", "queued": "queued", "running": "processing", "failed": "failed",
        "live work of what is deleted": "deleted", "live work of what is ready": "ready",
        "two that live": "queued", "waits for what has ended": "failed",
        "another one lives": "failed",
    }  # fmt: skip
    titles = {row["id"]: row["title"] for row in rows}
    assert titles[films["ready"]] == "A film"
    assert titles[films["live work of what is deleted"]] == ""
    playable = {row["id"] for row in rows if row["playable_at"] is not None}
    assert playable == {films["ready"], films["live work of what is ready"]}
    db = Database(before, 2)
    try:
        # What it has queued or lost is taken over; the one that ran has lost its lease just now.
        assert await adopt_all(db) == 3
        assert await broken(db, KEPT) == []
    finally:
        await db.close()
    waiting = await connection.fetch("SELECT video_id FROM job_tasks WHERE state = 'queued'")
    assert {row["video_id"] for row in waiting} == {
        films[name] for name in ("queued", "running", "two that live")
    }
    assert await connection.fetchval("SELECT count(*) FROM tasks WHERE state = 'queued'") == 0
    await connection.close()


async def test_workers_of_the_version_before_go_on_beside_it(before: str) -> None:
    """Their heartbeats lock task, job and video in that order, again and again.

    Up to the step that they were rolled out beside; nobody of them is left at later ones.
    """
    films = await filled(before)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        connection = await connected(before)
        try:
            while True:
                with suppress(asyncpg.DeadlockDetectedError):
                    async with connection.transaction():
                        for table, key in _BEAT:
                            column = "state" if table != "videos" else "title"
                            await connection.execute(
                                f"UPDATE {table} SET {column} = {column} WHERE {key} = $1",
                                films["running"],
                            )
                beats += 1
        finally:
            await connection.close()

    beating = [asyncio.create_task(beat()) for _ in range(4)]
    try:
        await asyncio.to_thread(upgrade, before, "0004")
        after = beats
        while beats < after + 20:
            await asyncio.sleep(0)
            assert not any(task.done() for task in beating)
    finally:
        for task in beating:
            task.cancel()
        await asyncio.gather(*beating, return_exceptions=True)
