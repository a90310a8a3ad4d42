"""When a stream ends, and what keeps it."""

import asyncio
import uuid
from unittest.mock import AsyncMock, Mock

import fastapi.sse
import pytest
import redis.asyncio as redis
from redis.exceptions import ConnectionError as RedisConnectionError

from backend.events import stream as changes
from backend.http import middleware
from backend.videos.schemas import VideoItem
from core.errors import DatabaseAway
from core.videos import lifecycle
from tests.support.app import Api
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sse import stream
from tests.support.uploading import begin
from tests.support.waiting import wait_until


@pytest.mark.parametrize("path", ["/v1/videos/{}/events", "/v1/events"])
async def test_a_stream_ends_with_its_session(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    video_id = (await begin(person))["video_id"]
    path = path.format(video_id)
    async with stream(address, path, person.token) as events:
        await events.event()
        await person.http.delete("/v1/auth/sessions")
        assert await events.event(3) is None
    problem(await person.http.get(path), 401, "session_revoked")


async def test_a_busy_stream_ends_with_its_session_too(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    video_id = uuid.UUID((await begin(person))["video_id"])
    async with stream(address, "/v1/events", person.token) as events:
        await events.event()
        await person.http.delete("/v1/auth/sessions")

        async def ended() -> bool:
            async with api.services.db.begin() as tx:
                await lifecycle.touch(tx, video_id)  # sooner than the next look without word
            return await events.event(3) is None

        await wait_until(ended, 3)


async def test_a_stream_outlasts_a_session_store_that_does_not_answer(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    video_id = uuid.UUID((await begin(person))["video_id"])
    async with stream(address, "/v1/events", person.token) as events:
        await events.event()
        silent = AsyncMock(side_effect=RedisConnectionError)
        monkeypatch.setattr(api.services.sessions, "check", silent)
        await wait_until(lambda: silent.await_count > 1)
        async with api.services.db.begin() as tx:
            await lifecycle.touch(tx, video_id, title="still here")
        seen = await events.event(3)
        assert seen is not None
        assert seen["title"] == "still here"


@pytest.mark.parametrize("path", ["/v1/videos/{}/events", "/v1/events"])
async def test_a_stream_ends_when_the_database_is_away_and_nobody_calls_it_a_bug(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    log = Mock()
    monkeypatch.setattr(middleware, "_log", log)
    person = await new_user(api)
    video_id = uuid.UUID((await begin(person))["video_id"])
    async with stream(address, path.format(video_id), person.token) as events:
        await events.event()
        monkeypatch.setattr(api.services.videos, "some", AsyncMock(side_effect=DatabaseAway("cut")))
        async with api.services.db.begin() as tx:
            await lifecycle.touch(tx, video_id)
        assert await events.event(3) is None
    log.exception.assert_not_called()


async def test_nobody_calls_it_a_bug_when_a_client_leaves(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, access, begun = Mock(), Mock(), asyncio.Event()
    monkeypatch.setattr(middleware, "_log", log)

    async def breaks_when_cut_off(*_: object) -> list[VideoItem]:
        begun.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            raise RuntimeError("as what FastAPI writes events to does now and then") from None

    monkeypatch.setattr(api.services.videos, "some", breaks_when_cut_off)
    person = await new_user(api)
    await begin(person)
    monkeypatch.setattr(middleware, "_access", access)
    async with stream(address, "/v1/events", person.token):
        await begun.wait()
    await wait_until(lambda: access.info.called)  # the last that is done
    log.exception.assert_not_called()


async def test_a_quiet_stream_is_kept_alive(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fastapi.sse._PING_INTERVAL == 15  # what the contract says
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    person = await new_user(api)
    video_id = (await begin(person))["video_id"]
    async with stream(address, f"/v1/videos/{video_id}/events", person.token) as events:
        await events.event()
        [line] = await events.block(3)
        assert line.startswith(":")


async def test_two_listeners_of_a_user_and_one_who_leaves(
    api: Api, address: str, redis_client: redis.Redis
) -> None:
    person = await new_user(api)
    video_id = (await begin(person))["video_id"]
    path, title = f"/v1/videos/{video_id}", {"title": "for the one who stayed"}
    async with stream(address, f"{path}/events", person.token) as staying:
        await staying.event()
        async with stream(address, f"{path}/events", person.token) as leaving:
            await leaving.event()
        await person.http.patch(path, json=title)
        seen = await staying.event(2)
        assert seen is not None
        assert seen["title"] == title["title"]
    # Nobody listens any more: the channel is given up, at the latest when something is said on it.

    async def given_up() -> bool:
        await person.http.patch(path, json=title)
        return await _subscribed(redis_client, person.id) == 0

    await wait_until(given_up, 5)


async def _subscribed(client: redis.Redis, user_id: uuid.UUID) -> int:
    [(_, count)] = await client.pubsub_numsub(f"video-events:{user_id}")
    return int(count)
