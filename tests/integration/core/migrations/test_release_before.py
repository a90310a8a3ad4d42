"""A database that people have used with the release before: nothing of it is lost.

`release_before.sql` has accounts (an admin, one that is closed), and films that are ready, made
again, failed with and without earlier renditions, cancelled, deleted, being uploaded, queued, and
in the hands of a worker that was killed. See `make_release_before.py`.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backend.auth.login import begin_session
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.jobs.adopt import adopt, adoptable
from core.migrations.upgrade import downgrade, upgrade
from core.tasks.claim import Claim, begin
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from tests.integration.core.migrations.restored import (
    answers,
    columns_of,
    connected,
    differences,
    fetched,
    in_thread,
    restored,
    rows_of,
)
from tests.support import warm
from tests.support.app import Api, running
from tests.support.product import Clips
from tests.support.release_before import REVISION
from tests.support.settings import Settings, overridden
from tests.support.tables import compared
from tests.support.waiting import wait_until
from tests.support.work import claim_next_of_all

pytestmark = pytest.mark.thorough("brings a whole database over, many times")

# A storyboard has a name for each sheet, which the release before does not know.
_ASSETS = """
SELECT id, video_id, job_id, 'file' AS kind, name, s3_key, size, width, height, duration, bitrate,
  video_codec, audio_codec FROM renditions
UNION ALL SELECT id, video_id, job_id, kind, kind, s3_key, size, NULL, NULL, NULL, NULL, NULL, NULL
  FROM artifacts WHERE kind <> 'storyboard'
"""
_SHOWN = """
SELECT id, video_id, job_id, kind, name, s3_key, size, width, height, duration, bitrate,
  video_codec, audio_codec FROM assets
  WHERE is_main AND state = 'published' AND kind <> 'storyboard'
"""


@pytest_asyncio.fixture(loop_scope="session")
async def before(stack: Stack) -> AsyncIterator[str]:
    """The address of the database as the release before has left it."""
    async with restored(stack) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def after(before: str) -> str:
    """The same, brought over."""
    await in_thread(upgrade, before)
    return before


async def _as_assets(url: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in await fetched(url, _ASSETS)}


async def _shown(url: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in await fetched(url, _SHOWN)}


async def test_every_row_is_kept(before: str) -> None:
    columns = await columns_of(before)
    rows, outputs = await rows_of(before, columns), await _as_assets(before)
    assert {row["state"] for row in await fetched(before, "SELECT state FROM videos")} == {
        "uploading", "queued", "processing", "ready", "failed", "cancelled", "deleted"
    }  # fmt: skip

    await in_thread(upgrade, before)

    assert await rows_of(before, columns) == rows
    assert await _shown(before) == outputs
    playable = await fetched(before, "SELECT id FROM videos WHERE playable_at IS NOT NULL")
    assert {row["id"] for row in playable} == {row[1] for row in outputs}


async def test_models_agree_with_what_was_brought_over(after: str) -> None:
    db = Database(after, 1)
    try:
        async with db.begin() as tx:
            assert await tx.run_sync(compared) == []
    finally:
        await db.close()


async def test_a_migration_that_was_cut_off_goes_on(before: str) -> None:
    outputs = await _as_assets(before)
    await in_thread(upgrade, before, "0006")
    connection = await connected(before)
    # As when it was cut off after some rows.
    await connection.execute(
        "INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size)"
        " SELECT id, video_id, job_id, true, kind, kind, 'published', s3_key, size"
        " FROM artifacts LIMIT 1"
    )
    await connection.close()
    await in_thread(upgrade, before)
    assert {row[:7] for row in await _shown(before)} == {row[:7] for row in outputs}


async def test_what_the_release_before_removes_meanwhile_stays_removed(before: str) -> None:
    """As when one of its workers publishes anew at that moment."""
    await in_thread(upgrade, before, "0006")
    connection = await connected(before)
    transaction = connection.transaction()
    await transaction.start()
    gone = await connection.fetchval("DELETE FROM renditions WHERE name = '480p' RETURNING id")
    migrating = asyncio.create_task(in_thread(upgrade, before))

    async def waits() -> bool:
        rows = await fetched(before, "SELECT FROM pg_locks WHERE NOT granted")
        return bool(rows) or migrating.done()

    await wait_until(waits)
    assert not migrating.done()
    await transaction.commit()
    await connection.close()
    await migrating
    assert gone not in {row[0] for row in await _shown(before)}
    assert await _as_assets(before) == await _shown(before)


async def test_back_and_forth_loses_nothing(after: str) -> None:
    columns = await columns_of(after)
    rows, outputs = await rows_of(after, columns), await _shown(after)
    await in_thread(downgrade, after, REVISION)
    old = await columns_of(after)
    kept = await rows_of(after, old)
    await in_thread(upgrade, after)
    assert await rows_of(after, columns) == rows
    assert await rows_of(after, old) == kept
    assert await _shown(after) == outputs


async def test_work_of_this_release_is_handed_back(after: str) -> None:
    """What it has queued or running begins anew there, and what it has made is there."""
    await _lapsed(after)
    db = Database(after, 2)
    try:
        await _adopt_all(db)
        held = await claim_next_of_all(db)
        assert isinstance(held, Claim)
        async with db.begin() as tx:
            assert await begin(tx, held) is not None
    finally:
        await db.close()
    live = {row["id"] for row in await fetched(after, _LIVE_JOBS)}
    assert len(live) == 4
    outputs = await _shown(after)

    await in_thread(downgrade, after, REVISION)

    tasks = await fetched(
        after, "SELECT job_id, attempt, charged FROM tasks WHERE state = 'queued'"
    )
    assert sorted(row["job_id"] for row in tasks) == sorted(live)
    assert await _as_assets(after) == outputs
    attempts = {row["job_id"]: row["attempt"] for row in tasks}
    assert attempts[held.job_id] == held.attempt  # the next one writes elsewhere
    states = await fetched(
        after,
        "SELECT videos.state AS video, jobs.state AS job FROM jobs JOIN videos"
        " ON videos.job_id = jobs.id WHERE jobs.id = ANY($1)",
        list(live),
    )
    assert {tuple(row) for row in states} == {("queued", "queued")}


_LIVE_JOBS = "SELECT id FROM jobs WHERE state IN ('queued', 'running')"


async def _lapsed(url: str) -> None:
    """Have the lease of the worker that was killed end."""
    connection = await connected(url)
    await connection.execute("UPDATE tasks SET lease_until = now() WHERE state = 'running'")
    await connection.close()


async def _adopt_all(db: Database) -> None:
    async with db.autocommit() as connection:
        waiting = list((await connection.scalars(adoptable())).all())
    for old_id in waiting:
        async with db.begin() as tx:
            assert await adopt(tx, old_id)


async def test_the_api_says_the_same(after: str, settings: Settings) -> None:
    async with running(overridden(settings, database_url=after, sweep_s=3600)) as api:
        for email, said in answers().items():
            http = await _client(api, email, after)
            for path, body in said.items():
                answer = await http.get(path)
                assert answer.status_code == 200, (path, answer.text)
                assert differences(body, answer.json(), path) == []
        await _nobody_else_can_enter(api, after)


async def _nobody_else_can_enter(api: Api, url: str) -> None:
    closed = await fetched(url, "SELECT id FROM users WHERE closed_at IS NOT NULL")
    assert len(closed) == 1
    sessions = await fetched(url, "SELECT user_id FROM sessions")
    assert closed[0]["id"] not in {row["user_id"] for row in sessions}


async def _client(api: Api, email: str, url: str) -> Any:
    (user,) = await fetched(url, "SELECT id FROM users WHERE email = $1", email)
    issued = await begin_session(
        api.services, user["id"], client="native", user_agent="tests", address="127.0.0.1"
    )
    return api.client(issued.access)


async def test_what_waited_gets_ready(
    after: str, settings: Settings, stack: Stack, storage: Storage, s3: Any, tmp_path: Path
) -> None:
    """Queued, in a dead worker's hands, or still being uploaded: each film is there in the end."""
    film = _film(tmp_path)
    upload = await _store_sources(after, storage, s3, settings.s3_bucket, film)
    held = overridden(settings, database_url=after, sweep_s=3600)
    async with running(held) as api:
        ada = await _client(api, "ada@example.com", after)
        answer = await ada.post(f"/v1/uploads/{upload}/complete")
        assert answer.status_code == 202, answer.text
    await _lapsed(after)
    waiting = await fetched(after, _UNDER_WAY)
    assert len(waiting) == 5
    processes = _processes(after, settings, stack, tmp_path)
    try:
        await wait_until(lambda: _all_ready(after, waiting), 60)
    finally:
        for process in processes:
            process.send_signal(9)
            process.wait()
    assert await _as_assets(after) == await _shown(after)
    assert not await fetched(after, "SELECT FROM tasks WHERE state IN ('queued', 'running')")


_UNDER_WAY = "SELECT id FROM videos WHERE state IN ('queued', 'processing')"


def _film(place: Path) -> bytes:
    tools = find_tools().environment
    clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])
    return clips.short(place / "film.mp4", seconds=1, size="320x180").read_bytes()


async def _store_sources(
    url: str, storage: Storage, s3: Any, bucket: str, film: bytes
) -> uuid.UUID:
    """Put films where the rows say that they are; return the upload that is open."""
    connection = await connected(url)
    for row in await connection.fetch(f"SELECT source_key FROM videos WHERE id IN ({_UNDER_WAY})"):
        await storage.put(row["source_key"], film, "video/mp4")
        found = await storage.head(row["source_key"])
        assert found is not None
        await connection.execute(
            "UPDATE videos SET source_size = $2, source_etag = $3 WHERE source_key = $1",
            row["source_key"], found.size, found.etag,
        )  # fmt: skip
    # Not so long ago that it is given up.
    await connection.execute("UPDATE jobs SET started_at = now() WHERE state = 'running'")
    upload = await connection.fetchrow("SELECT id, s3_key FROM uploads WHERE state = 'open'")
    begun = await s3.create_multipart_upload(Bucket=bucket, Key=upload["s3_key"])
    await s3.upload_part(
        Bucket=bucket, Key=upload["s3_key"], UploadId=begun["UploadId"], PartNumber=1, Body=film
    )
    await connection.execute(
        "UPDATE uploads SET s3_upload_id = $2, size = $3 WHERE id = $1",
        upload["id"], begun["UploadId"], len(film),
    )  # fmt: skip
    await connection.execute(
        "UPDATE videos SET source_size = $2 WHERE source_key = $1", upload["s3_key"], len(film)
    )
    await connection.close()
    found_id: uuid.UUID = upload["id"]
    return found_id


def _processes(url: str, settings: Settings, stack: Stack, place: Path) -> list[warm.Forked]:
    environment = (
        os.environ
        | stack.environment
        | find_tools().environment
        | {
            "DATABASE_URL": url,
            "SQS_QUEUE": settings.sqs_queue,
            "SQS_DEAD_LETTER_QUEUE": settings.sqs_dead_letter_queue,
            "CONTROL_PORT": "0",
            "SWEEP_S": "0.5",
            "SCRATCH_DIR": str(place / "scratch"),
        }
    )
    return [
        warm.start(service, environment, place / f"{service}.log")
        for service in ("control", "workers")
    ]


async def _all_ready(url: str, waiting: list[Any]) -> bool:
    rows = await fetched(
        url,
        "SELECT state, failure FROM videos WHERE id = ANY($1)",
        [row["id"] for row in waiting],
    )
    assert not [row["failure"] for row in rows if row["state"] == "failed"]
    return {row["state"] for row in rows} == {"ready"}
