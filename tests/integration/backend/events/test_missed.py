"""What no word came of is told by a stream that looks anew."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete

from backend.events import stream as changes
from core.events import VideoEvent, announce
from core.model.tables import Video
from core.videos import lifecycle
from tests.integration.backend.events.unheard import (
    change_unheard,
    delete_unheard,
    many_videos,
    told_until,
)
from tests.support.app import Api
from tests.support.people import new_user
from tests.support.sse import stream
from tests.support.uploading import begin


async def test_looking_anew_tells_no_deletion_twice(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    ids = [(await begin(person))["video_id"] for _ in range(3)]
    async with stream(address, "/v1/events", person.token) as events:
        for _ in ids:
            await events.event()
        for video_id in ids:
            await delete_unheard(api, uuid.UUID(video_id))
            assert await events.event(3, "deleted") == {"id": video_id, "version": 2}


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
                await lifecycle.touch(tx, video_id, title=path)
            seen = await events.event(3)
            assert seen is not None
            assert seen["title"] == path


@pytest.mark.parametrize("path", ["/v1/videos/{}/events", "/v1/events"])
async def test_a_deletion_of_which_no_word_came_is_seen_all_the_same(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    video_id = uuid.UUID((await begin(person))["video_id"])
    async with stream(address, path.format(video_id), person.token) as events:
        await events.event()
        await delete_unheard(api, video_id)
        assert await events.event(3, "deleted") == {"id": str(video_id), "version": 2}


async def test_a_video_that_the_stream_never_told_of_may_be_deleted(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    monkeypatch.setattr(changes, "_NEWEST", 1)
    monkeypatch.setattr(changes, "_LATELY", timedelta(0))
    person = await new_user(api)
    old = uuid.UUID((await begin(person))["video_id"])
    await begin(person)
    async with stream(address, "/v1/events", person.token) as events:
        newest = await events.event()
        assert newest is not None
        assert newest["id"] != str(old)
        await delete_unheard(api, old)
        assert await events.event(3, "deleted") == {"id": str(old), "version": 2}


async def test_more_changes_than_a_page_while_nobody_listens_are_all_told(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await new_user(api)
    ids = await many_videos(api, person, 150)
    await change_unheard(api, ids, "before")
    async with stream(address, "/v1/events", person.token) as events:
        assert await told_until(events, ids, "before") == ids  # who has just come again
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    async with stream(address, "/v1/events", person.token) as events:
        await told_until(events, ids, "before")
        await change_unheard(api, ids, "after")  # as while Redis is connected again
        assert await told_until(events, ids, "after") == ids
        await change_unheard(api, ids[:120], "at last")
        assert await told_until(events, ids[:120], "at last") == ids[:120]  # and nothing twice


async def test_who_was_here_before_is_told_everything(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_NEWEST", 3)
    monkeypatch.setattr(changes, "_LATELY", timedelta(0))
    monkeypatch.setattr(changes, "_PAGE", 7)
    person = await new_user(api)
    ids = await many_videos(api, person, 20)
    async with stream(address, "/v1/events", person.token) as events:
        assert await told_until(events, ids[-3:], "film") == ids[-3:]
        await change_unheard(api, ids[:1], "news")
        for video_id in ids[:1]:
            await announce(api.services.redis, [VideoEvent(person.id, video_id, 2)])
        assert await told_until(events, ids[:1], "news") == ids[:1]  # and none of the others
    again = {"Last-Event-ID": "2"}
    async with stream(address, "/v1/events", person.token, **again) as events:
        assert await told_until(events, ids, None) == ids


@pytest.mark.parametrize("path", ["/v1/videos/{}/events", "/v1/events"])
async def test_a_deletion_is_told_even_when_the_row_is_gone(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(changes, "_HEAL_S", 0.1)
    person = await new_user(api)
    [video_id] = await many_videos(api, person, 1)
    await change_unheard(api, [video_id], "known")
    async with stream(address, path.format(video_id), person.token) as events:
        seen = await events.event()
        assert seen is not None
        async with api.services.db.begin() as tx:
            await tx.execute(delete(Video).where(Video.id == video_id))
        assert await events.event(30, "deleted") == {
            "id": str(video_id), "version": seen["version"] + 1,
        }  # fmt: skip
