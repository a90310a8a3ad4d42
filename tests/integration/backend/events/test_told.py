"""Server-Sent Events: the present state first, then every change, by word."""

import uuid

import pytest

from core.events import VideoEvent, announce
from core.jobs import cancel as cancelling
from core.jobs.create import create as create_job
from core.model.states import Stage
from core.progress import Progress
from tests.support.app import Api
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sse import stream
from tests.support.uploading import begin, uploaded
from tests.support.work import claim_of, locked


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
