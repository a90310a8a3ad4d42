"""Server-Sent Events: the present state first, then every change."""

import uuid
from collections.abc import AsyncIterator

import fastapi.sse
import pytest
import pytest_asyncio
import redis.asyncio as redis

from backend.events import stream as changes
from core import jobs, videos
from core.events import publish
from core.states import Stage
from tests.support.app import Api, served
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sse import stream
from tests.support.uploading import begin, uploaded
from tests.support.waiting import wait_until
from tests.support.work import claim_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(api: Api) -> AsyncIterator[str]:
    async with served(api) as found:
        yield found


async def test_a_video_is_followed_from_its_present_state_to_its_end(
    api: Api, address: str
) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    path = f"/v1/videos/{video['id']}"
    async with stream(address, f"{path}/events", person.token) as events:
        assert events.response.headers["content-type"].startswith("text/event-stream")
        assert await events.event() == video
        await person.http.patch(path, json={"title": "renamed"})
        changed = await events.event(2)  # by word, not by looking now and then
        assert changed is not None
        assert (changed["title"], changed["version"]) == ("renamed", video["version"] + 1)
        await person.http.post(f"{path}/cancel")
        cancelled = await events.event(2)
        assert cancelled is not None
        assert cancelled["state"] == "cancelled"
        await person.http.delete(path)
        assert await events.event(2) is None


async def test_a_video_of_somebody_else_is_not_followed(api: Api, address: str) -> None:
    owner, other = await new_user(api), await new_user(api)
    video_id = (await begin(owner))["video_id"]
    for unknown in (video_id, uuid.uuid4(), "x"):
        answer = await other.http.get(f"/v1/videos/{unknown}/events")
        problem(answer, 404, "not_found")


async def test_all_videos_of_a_user_are_followed_and_nobody_elses(api: Api, address: str) -> None:
    person, other = await new_user(api), await new_user(api)
    first, second = await begin(person), await begin(person)
    async with stream(address, "/v1/events", person.token) as events:
        seen = [await events.event(), await events.event()]
        assert [video and video["id"] for video in seen] == [
            first["video_id"], second["video_id"],
        ]  # fmt: skip
        await begin(other)
        third = await begin(person)
        new = await events.event(2)
        assert new is not None
        assert new["id"] == third["video_id"]
        await person.http.patch(f"/v1/videos/{first['video_id']}", json={"title": "renamed"})
        renamed = await events.event(2)
        assert renamed is not None
        assert (renamed["id"], renamed["title"]) == (first["video_id"], "renamed")


async def test_a_worker_is_followed(api: Api, address: str) -> None:
    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = api.services
    claim = await claim_of(held.db, video_id)
    async with stream(address, f"/v1/videos/{video_id}/events", person.token) as events:
        first = await events.event()
        assert first is not None
        assert first["state"] == "processing"
        for progress in (10.0, 5.0, 20.0):
            async with held.db.begin() as tx:
                event = await jobs.heartbeat(
                    tx, claim, 60, stage=Stage.ENCODING, progress=progress, eta_s=3.0
                )
            await publish(held.redis, event)
            told = await events.event(2)
            assert told is not None
            assert told["stage"] == "encoding"
            assert told["progress"] == max(10.0, progress)  # never back


async def test_a_change_of_which_no_word_came_is_seen_all_the_same(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    video_id = uuid.UUID((await begin(person))["video_id"])
    for path in (f"/v1/videos/{video_id}/events", "/v1/events"):
        async with stream(address, path, person.token) as events:
            await events.event()
            async with api.services.db.begin() as tx:
                await videos.touch(tx, video_id, title=path)
            seen = await events.event(3)
            assert seen is not None
            assert seen["title"] == path


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
