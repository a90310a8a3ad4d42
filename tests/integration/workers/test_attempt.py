"""What an attempt writes, and what it does when that fails."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis.asyncio as redis
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from core.errors import DatabaseAway
from core.tasks.planning import Inspection, NewTask
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from tests.support.settings import Settings
from tests.support.streaming import listing_of
from tests.support.tables import purged
from tests.support.transcoding import Worker
from tests.support.work import attempt_of, claim, encoding, job_of, outputs, queue_video, task_of
from workers.context import Context, Outputs
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.process import run
from workers.formats.shape import DEFAULT_SHAPE
from workers.operations.registry import TASKS
from workers.runtime import attempt
from workers.runtime.attempt import Attempt, give_back_now
from workers.runtime.concurrency import end
from workers.tools import Adapters


class Flickering:
    """A database that is away for the first few transactions."""

    def __init__(self, db: Database, times: int) -> None:
        self._db = db
        self.left = times

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        if self.left:
            self.left -= 1
            raise DatabaseAway("the server is on its way down")
        async with self._db.begin() as tx:
            yield tx


def attempt_on(db: Any) -> Attempt:
    nobody: Any = None
    adapters = Adapters(nobody, db, nobody, nobody, nobody, "worker")
    return Attempt(adapters, Context(nobody, nobody, nobody))


async def test_a_wrong_statement_is_not_repeated(stack: Stack, db: Database) -> None:
    calls = 0

    async def wrong(tx: AsyncConnection) -> None:
        nonlocal calls
        calls += 1
        await tx.execute(text("SELECT nothing"))

    with pytest.raises(ProgrammingError):
        await attempt_on(db)._write(wrong)
    assert calls == 1


async def test_a_write_outlasts_a_database_that_is_away(
    stack: Stack, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_AGAIN_S", 0)
    flickering, calls = Flickering(db, 3), 0

    async def right(tx: AsyncConnection) -> None:
        nonlocal calls
        calls += 1
        await tx.execute(text("SELECT 1"))

    await attempt_on(flickering)._write(right)
    assert (flickering.left, calls) == (0, 1)


class Forgetful(Flickering):
    """One that commits the first transaction and does not say so; it is away after the second."""

    def __init__(self, db: Database, times: int) -> None:
        super().__init__(db, 0)
        self._times, self._began = times, 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        self._began += 1
        if self._began == 3:
            self.left = self._times
        async with super().begin() as tx:
            yield tx
        if self._began == 1:
            raise DatabaseAway("the answer was lost")


async def test_a_plan_whose_commit_was_not_answered_is_gone_on_with_though_postgres_is_away_again(
    settings: Settings, db: Database, clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_AGAIN_S", 0)
    nobody: Any = None
    work = await claim(db, (await queue_video(db)).task_id)
    flickering: Any = Forgetful(db, 2)
    adapters = Adapters(settings, flickering, nobody, nobody, nobody, "worker")
    planning = Attempt(adapters, Context(nobody, work, nobody))
    made = Inspection(plan={}, tasks=(NewTask("encode", "encode"),), source_media={})
    following = await planning._settle(made)
    assert following is not None
    assert (following.kind, following.attempt, flickering.left) == ("encode", 1, 0)


async def test_a_task_is_given_back_though_the_queue_is_away(
    settings: Settings, db: Database, sqs: Any, clean: None
) -> None:
    work = await claim(db, (await queue_video(db)).task_id)
    nobody, away = cast(Any, None), TaskQueue(sqs, "no-queue", settings.visibility_s)
    with capture_logs() as logs:
        await give_back_now(Adapters(settings, db, away, nobody, nobody, "worker"), work)
    assert [each["event"] for each in logs] == ["given_back"]
    assert (await task_of(db, work.video_id)).state == "queued"


async def test_a_worker_that_stops_leaves_no_segment_that_nobody_knows(
    settings: Settings, db: Database, queue: TaskQueue, redis_client: redis.Redis, clean: None,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    work = await claim(db, (await queue_video(db)).task_id)
    nobody, storing = cast(Any, None), asyncio.Event()
    listing = listing_of(db, work)
    key = f"{work.stream_prefix}0/0.mp4"

    async def store(_context: Context) -> Inspection:
        listing.storing(key)
        storing.set()
        await asyncio.Event().wait()  # the worker stops before it is listed
        raise AssertionError

    monkeypatch.setitem(cast(Any, TASKS), (work.operation, work.kind), store)
    adapters = Adapters(settings, db, queue, redis_client, nobody, "worker")
    context = Context(nobody, work, tmp_path, listing=listing)
    running = asyncio.ensure_future(Attempt(adapters, context).run())
    await storing.wait()
    await end(running)
    assert (await task_of(db, work.video_id)).state == "queued"
    assert await purged(db) == [key]


async def test_what_a_try_that_was_given_up_has_stored_goes_when_another_one_succeeds(
    settings: Settings, db: Database, queue: TaskQueue, storage: Storage,
    redis_client: redis.Redis, clean: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    work = await encoding(db, await queue_video(db))
    listing = listing_of(db, work)
    key = f"{work.stream_prefix}0/0.mp4"

    async def make(_context: Context) -> Outputs:
        listing.storing(key)
        return Outputs(outputs(work, "720p"))

    monkeypatch.setitem(cast(Any, TASKS), (work.operation, work.kind), make)
    tools: Any = SimpleNamespace(storage=storage)
    adapters = Adapters(settings, db, queue, redis_client, tools, "worker")
    await Attempt(adapters, Context(tools, work, tmp_path, listing=listing)).run()
    assert (await job_of(db, work.video_id)).state == "succeeded"
    assert await purged(db) == [key]


async def test_a_mistake_of_ours_is_told_whole_to_the_operator_alone(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    storage: Storage,
    redis_client: redis.Redis,
    clean: None,
    tmp_path: Path,
) -> None:
    work = await claim(db, (await queue_video(db)).task_id)
    broken: Any = SimpleNamespace(storage=storage)
    adapters = Adapters(settings, db, queue, redis_client, broken, "worker")
    await Attempt(adapters, Context(broken, work, tmp_path)).run()
    noted = await attempt_of(db, work.task_id)
    assert (noted.outcome, "AttributeError" in noted.error) == ("retried", True)
    log = b"".join([chunk async for chunk in storage.read_range(noted.log_key, 0, 9999, None)])
    assert b"attempt 1 failed: The worker made a mistake." in log
    assert b"Error" not in log


async def test_each_attempt_tells_what_its_programs_have_used(
    settings: Settings,
    db: Database,
    queue: TaskQueue,
    storage: Storage,
    redis_client: redis.Redis,
    clean: None,
    tmp_path: Path,
) -> None:
    found = find_tools()
    worker = Worker(
        str(found.ffmpeg),
        str(found.ffprobe),
        await ask_capabilities(str(found.ffmpeg)),
        tmp_path,
    )
    film = tmp_path / "film.mp4"
    picture = "testsrc2=s=640x360:r=25:d=4"
    await run([str(found.ffmpeg), "-f", "lavfi", "-i", picture, film.name], cwd=tmp_path)
    queued = await queue_video(db, size=film.stat().st_size)
    work = await claim(db, queued.task_id)
    await storage.put(work.source_key, film.read_bytes(), "video/mp4")
    tools = await worker.tools(storage, DEFAULT_SHAPE)
    adapters = Adapters(settings, db, queue, redis_client, tools, "worker")
    context = Context(tools, work, tmp_path / "place")
    following = await Attempt(adapters, context).run()
    assert following is not None
    await Attempt(adapters, replace(context, work=following)).run()
    job = await job_of(db, queued.video_id)
    assert job.state == "succeeded"
    ended = [await attempt_of(db, each) for each in (queued.task_id, following.task_id)]
    for each in ended:
        wall_s = (each.ended_at - each.claimed_at).total_seconds()
        assert 0 < each.cpu_seconds <= wall_s * (os.cpu_count() or 1)
    probe_s, encode_s = (each.cpu_seconds for each in ended)
    assert probe_s < encode_s
    assert job.cpu_seconds == pytest.approx(probe_s + encode_s)
