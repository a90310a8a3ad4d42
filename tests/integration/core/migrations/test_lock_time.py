"""A large database is brought over while people use it: nobody waits for long."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from core.migrations.upgrade import upgrade
from embedded.stack import Stack
from tests.integration.core.migrations.restored import connected, fetched
from tests.support.databases import own_database
from tests.support.lanes import InTime, Rounds
from tests.support.release_before import REVISION
from tests.support.settings import Settings

pytestmark = pytest.mark.thorough("fills a database")

_FILL = """
INSERT INTO users (id, email, password_hash)
  SELECT gen_random_uuid(), n || '@example.com', '-' FROM generate_series(1, 100) AS n;
INSERT INTO videos (id, user_id, title, state, source_key, source_filename, source_size, job_id,
    source_media)
  SELECT gen_random_uuid(), users.id, 'A film', 'ready', 'k', 'film.mp4', 1, gen_random_uuid(),
    '{"duration": 60.0, "width": 1920, "height": 1080, "video_codec": "h264"}'
  FROM users, generate_series(1, COUNT / 100);
INSERT INTO jobs (id, video_id, user_id, operation, state, finished_at)
  SELECT job_id, id, user_id, 'transcode', 'succeeded', now() FROM videos;
INSERT INTO tasks (id, job_id, video_id, user_id, state, attempt, charged)
  SELECT gen_random_uuid(), id, video_id, user_id, 'succeeded', 1, 1 FROM jobs;
INSERT INTO renditions (id, video_id, job_id, name, s3_key, width, height, size, duration, bitrate,
    video_codec)
  SELECT gen_random_uuid(), id, job_id, name, id || name, 1, 1, 1, 1, 1, 'h264'
  FROM videos, (VALUES ('1080p'), ('720p'), ('480p')) AS rung(name);
INSERT INTO artifacts (id, video_id, job_id, kind, s3_key, size)
  SELECT gen_random_uuid(), id, job_id, 'poster', id || 'poster', 1 FROM videos;
ANALYZE;
"""
_READ = "SELECT title FROM videos WHERE id = $1"
_WRITE = "UPDATE videos SET version = version + 1 WHERE id = $1"


@pytest_asyncio.fixture(loop_scope="session")
async def large(stack: Stack, rounds: Rounds) -> AsyncIterator[str]:
    """The address of a database of the release before that holds many films."""
    async with own_database(stack, template="template1") as address:
        url = Settings(database_url=address, redis_url="redis://nobody").database_url
        found = url.get_secret_value()
        await asyncio.to_thread(upgrade, found, REVISION)
        connection = await connected(found)
        count = rounds(test=1_000, rest=2_000, prove=100_000)
        await connection.execute(_FILL.replace("COUNT", str(count)), timeout=600)
        await connection.close()
        yield found


class Asking:
    """Somebody who asks all the while, and notes how long the longest answer took, in seconds."""

    def __init__(self, url: str, statement: str, video: Any) -> None:
        self._url, self._statement, self._video = url, statement, video
        self.longest_s = 0.0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        connection: Any = await asyncpg.connect(self._url.replace("+asyncpg", ""))
        try:
            while True:
                asked = time.monotonic()
                await connection.execute(self._statement, self._video)
                self.longest_s = max(self.longest_s, time.monotonic() - asked)
        finally:
            connection.terminate()

    async def end(self) -> float:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return self.longest_s


async def test_nobody_waits_for_long(large: str, in_time: InTime, figure: Any) -> None:
    videos = await fetched(large, "SELECT id FROM videos LIMIT 2")
    asking = [
        Asking(large, statement, video["id"])
        for statement, video in zip((_READ, _WRITE), videos, strict=True)
    ]
    begun = time.monotonic()
    await asyncio.to_thread(upgrade, large)
    figure("bringing a large database over, in s", f"{time.monotonic() - begun:.1f}")
    read_s, write_s = [await each.end() for each in asking]
    in_time("a reader, while the database is brought over", read_s, 2)
    in_time("a writer, while the database is brought over", write_s, 2)
    missing = await fetched(
        large,
        "SELECT FROM renditions FULL JOIN (SELECT id FROM assets WHERE kind = 'file') AS files"
        " USING (id) WHERE renditions.name IS NULL OR files.id IS NULL LIMIT 1",
    )
    assert missing == []
    (left,) = await fetched(large, "SELECT count(*) FROM videos WHERE playable_at IS NULL")
    assert left["count"] == 0
