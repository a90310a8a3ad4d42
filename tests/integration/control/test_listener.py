"""What a transaction leaves to be sent is heard of at once, and again after each outage."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from control import listener
from control.listener import listen
from core.adapters.database_login import connector
from core.adapters.postgres import Database
from core.adapters.sqs import TaskQueue
from core.model.states import Topic
from core.outbox.write import hint
from tests.support.control import at_work
from tests.support.settings import Settings, overridden
from tests.support.waiting import wait_until
from tests.support.work import queue_video

NAME = "test of word"


class Ear:
    """Notes what is heard."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def hear(self, word: str) -> None:
        self.words.append(word)

    @property
    def count(self) -> int:
        return len(self.words)


@pytest_asyncio.fixture(loop_scope="session")
async def ear(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ear]:
    """Somebody who listens, by a connection that can be told from others."""
    monkeypatch.setattr(listener, "_PAUSE_S", 0.01)
    async with listening(connecting(settings)) as heard:
        yield heard


def connecting(settings: Settings) -> Callable[[], Awaitable[Any]]:
    return connector(
        settings.database_url.get_secret_value(), None, server_settings={"application_name": NAME}
    )


@asynccontextmanager
async def listening(connect: Callable[[], Awaitable[Any]]) -> AsyncIterator[Ear]:
    heard = Ear()
    running = asyncio.create_task(listen(connect, heard.hear))
    try:
        await wait_until(lambda: heard.count)  # that it listens is word in itself
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def tell(db: Database) -> None:
    async with db.begin() as tx:
        await hint(tx, [uuid.uuid4()])


async def test_word_comes_with_the_commit_and_not_before(db: Database, ear: Ear) -> None:
    async with db.begin() as tx:
        await hint(tx, [uuid.uuid4()])
        await tell(db)
        await wait_until(lambda: ear.count > 1)
        assert ear.words == ["", Topic.TASK]  # of the other one
    await wait_until(lambda: ear.count == 3)


async def test_what_was_rolled_back_is_not_told(db: Database, ear: Ear) -> None:
    async with db.begin() as tx:
        await hint(tx, [uuid.uuid4()])
        await tx.rollback()
    await tell(db)
    await wait_until(lambda: ear.count > 1)
    assert ear.count == 2


async def test_a_connection_that_is_lost_is_made_again(db: Database, ear: Ear) -> None:
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
    )
    async with db.begin() as tx:
        await tx.execute(ended, {"name": NAME})
    await wait_until(lambda: ear.count == 2)  # what was said meanwhile is looked for
    await tell(db)
    await wait_until(lambda: ear.count == 3)


async def test_one_that_has_gone_without_a_word_is_found_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its machine is gone: nothing says so, and no answer comes."""
    for name, seconds in {"_ASK_S": 0.01, "_ANSWER_S": 0.00001, "_PAUSE_S": 0.01}.items():
        monkeypatch.setattr(listener, name, seconds)
    async with listening(connecting(settings)) as ear:
        await wait_until(lambda: ear.count > 2)


async def test_one_that_hangs_before_it_listens_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"_CONNECT_S": 1, "_PAUSE_S": 0.01}.items():
        monkeypatch.setattr(listener, name, seconds)
    connect, stopped = connecting(settings), list[int]()

    async def stopping() -> Any:
        connection = await connect()
        if not stopped:
            stopped.append(connection.get_server_pid())
            os.kill(stopped[0], signal.SIGSTOP)
        return connection

    try:
        async with listening(stopping) as ear:
            assert ear.count == 1
    finally:
        os.kill(stopped[0], signal.SIGCONT)


async def test_the_relay_sends_what_is_queued_at_once(
    db: Database, queue: TaskQueue, settings: Settings
) -> None:
    async with at_work(overridden(settings, sweep_s=3600)):
        await wait_until(lambda: somebody_listens(db))
        queued = await queue_video(db)
        [message] = await queue.receive(1, wait_s=5)
    assert message.task_id == queued.task_id


async def somebody_listens(db: Database) -> bool:
    async with db.autocommit() as connection:
        found = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
        return bool(await connection.scalar(text(found)))
