"""Server-Sent Events: the present state first, then every change."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from unittest.mock import AsyncMock

import fastapi.sse
import pytest
import pytest_asyncio
import redis.asyncio as redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import delete, func, insert, update

from backend.events import stream as changes
from control.main import opened, send
from core.events import VideoEvent, announce
from core.jobs import cancel as cancelling
from core.jobs.create import create as create_job
from core.model.ids import new_id
from core.model.states import Stage, VideoState
from core.model.tables import Video
from core.progress import Progress
from core.videos import lifecycle
from tests.support.app import Api, served
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.sse import Stream, stream
from tests.support.uploading import begin, uploaded
from tests.support.waiting import wait_until
from tests.support.work import claim_of, locked


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(api: Api) -> AsyncIterator[str]:
    async with served(api) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _relayed(api: Api) -> AsyncIterator[None]:
    """Word goes through the outbox; of control nothing but its relay is at work."""
    async with opened(api.settings) as adapters:
        running = asyncio.create_task(send(adapters))
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(autouse=True)
def _by_word_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream does not look by itself, unless a test has it: what comes has come by word."""
    assert changes._HEAL_S == 5  # for so long an ended session goes on seeing
    monkeypatch.setattr(changes, "_HEAL_S", 3600)


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
        gone = {"id": video["id"], "version": cancelled["version"] + 1}
        assert await events.event(2, "deleted") == gone
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


async def test_a_deletion_is_told_once(api: Api, address: str) -> None:
    person = await new_user(api)
    gone = (await begin(person))["video_id"]
    left = (await begin(person))["video_id"]
    async with stream(address, "/v1/events", person.token) as events:
        await events.event()
        await events.event()
        await person.http.delete(f"/v1/videos/{gone}")
        assert await events.event(2, "deleted") == {"id": gone, "version": 2}  # by word
        again = VideoEvent(person.id, uuid.UUID(gone), 2)
        await announce(api.services.redis, [again, again])
        await person.http.patch(f"/v1/videos/{left}", json={"title": "renamed"})
        seen = await events.event(2)
        assert seen is not None
        assert seen["title"] == "renamed"


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


async def test_what_was_deleted_before_is_not_told(api: Api, address: str) -> None:
    person = await new_user(api)
    gone, left = await begin(person), await begin(person)
    await person.http.delete(f"/v1/videos/{gone['video_id']}")
    async with stream(address, "/v1/events", person.token) as events:
        first = await events.event()
        assert first is not None
        assert first["id"] == left["video_id"]


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
            await held.board.tell(
                claim.user_id,
                video_id,
                claim.job_id,
                claim.task_id,
                Progress(Stage.ENCODING, progress, 3.0),
            )
            if progress == 5.0:
                continue  # never back
            told = await events.event(2)
            assert told is not None
            assert (told["stage"], told["progress"]) == ("encoding", progress)
            assert told["version"] == first["version"]


@pytest.mark.parametrize("path", ["/v1/videos/{}/events", "/v1/events"])
async def test_late_word_of_a_job_that_was_cancelled_says_nothing_of_the_next_one(
    api: Api, address: str, path: str
) -> None:
    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = api.services
    old = await claim_of(held.db, video_id)
    async with held.db.begin() as tx:
        await cancelling.cancel(tx, video_id)  # and Redis was not there to be told
        await create_job(tx, await locked(tx, video_id), "transcode")
    new = await claim_of(held.db, video_id)
    async with stream(address, path.format(video_id), person.token) as events:
        first = await events.event()
        assert first is not None
        assert (first["state"], first["progress"]) == ("processing", 0)
        for claim, progress in ((old, 40.0), (new, 20.0)):
            await held.board.tell(
                person.id, video_id, claim.job_id, claim.task_id,
                Progress(Stage.ENCODING, progress, 3.0),
            )  # fmt: skip
        told = await events.event(2)
        assert told is not None
        assert told["progress"] == 20.0
        assert "job_id" not in told


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


async def many_videos(api: Api, person: Person, count: int) -> list[uuid.UUID]:
    """Have so many videos; return their ids, the oldest first."""
    ids = sorted(new_id() for _ in range(count))
    rows = [
        {
            "id": video_id, "user_id": person.id, "title": "film", "state": "failed",
            "source_key": "none", "source_filename": "film.mp4", "source_size": 1,
        }
        for video_id in ids
    ]  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(Video), rows)
    return ids


async def change_unheard(api: Api, ids: list[uuid.UUID], title: str) -> None:
    """Rename videos and tell nobody."""
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Video)
            .where(Video.id.in_(ids))
            .values(title=title, version=Video.version + 1, updated_at=func.now())
        )


async def told_until(events: Stream, ids: list[uuid.UUID], title: str | None) -> list[uuid.UUID]:
    """Return, in order, the videos that are told under a title until all of some are."""
    left, told = set(ids), []
    async with asyncio.timeout(30):
        while left:
            seen = await events.event(30)
            assert seen is not None
            if title is None or seen["title"] == title:
                told.append(uuid.UUID(seen["id"]))
                left.discard(told[-1])
    return told


async def delete_unheard(api: Api, video_id: uuid.UUID) -> None:
    """Delete a video and tell nobody."""
    async with api.services.db.begin() as tx:
        await lifecycle.touch(tx, video_id, state=VideoState.DELETED)


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
