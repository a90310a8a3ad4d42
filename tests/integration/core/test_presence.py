"""What workers say of themselves in Redis is heard for as long as they say it."""

import asyncio
import socket

import pytest
import redis.asyncio as redis

from core import presence
from core.presence import Presence, Report, WorkerState
from embedded.stack import Stack
from workers.runtime.presence import reporting

IDLE = Report(WorkerState.IDLE, 10, 20)
SHORT = Report(WorkerState.NO_ROOM, 1, 20, "no disk")


async def heard(client: redis.Redis) -> list[Report]:
    return sorted(await Presence(client).hear(), key=lambda report: report.room)


async def until(client: redis.Redis, wanted: list[Report]) -> None:
    async with asyncio.timeout(30):
        while await heard(client) != wanted:  # noqa: ASYNC110  it has no event
            await asyncio.sleep(0.02)


async def test_the_last_word_of_each_is_heard(redis_client: redis.Redis, clean: None) -> None:
    told = Presence(redis_client)
    assert await told.hear() == []
    await told.tell("a", SHORT)
    await told.tell("a", IDLE)
    await told.tell("b", SHORT)
    assert await heard(redis_client) == [SHORT, IDLE]
    await told.leave("a")
    assert await heard(redis_client) == [SHORT]


async def test_who_says_nothing_more_is_heard_of_no_more(
    redis_client: redis.Redis, clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Presence(redis_client).tell("killed", IDLE)
    monkeypatch.setattr(presence, "LASTS_S", -1)
    assert await heard(redis_client) == []
    assert await redis_client.exists("workers") == 0


async def test_a_worker_reports_as_long_as_it_lives(redis_client: redis.Redis, clean: None) -> None:
    now = [IDLE]
    async with reporting(redis_client, "w", lambda: now[0]):
        await until(redis_client, [IDLE])
        now[0] = SHORT
        await until(redis_client, [SHORT])
    assert await heard(redis_client) == []


async def test_a_redis_that_forgets_hears_it_again(
    redis_client: redis.Redis, clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.runtime.presence.TOLD_EVERY_S", 0)
    async with reporting(redis_client, "w", lambda: IDLE):
        await until(redis_client, [IDLE])
        await redis_client.flushdb()
        await until(redis_client, [IDLE])


async def test_a_redis_that_is_away_holds_no_worker_up(stack: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        client = redis.Redis(port=taken.getsockname()[1])
        await _reports_in_vain(client)


async def _reports_in_vain(client: redis.Redis) -> None:
    async with asyncio.timeout(30), reporting(client, "w", lambda: IDLE):
        await asyncio.sleep(0)
    await client.aclose()
