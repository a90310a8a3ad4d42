"""What one user may have: counted exactly, however many ask at once and wherever."""

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import func, insert, update

from backend.quota import quota
from control import purges
from core.model.states import VideoState
from core.model.tables import Asset, Job, Purge, Video
from tests.support.app import Api, StartApi
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.tables import purged
from tests.support.uploading import BODY, begin, uploaded

SIZE = len(BODY)


async def ask(person: Person, size: int = SIZE) -> Any:
    return await person.http.post("/v1/uploads", json={"filename": "film.mp4", "size": size})


async def limits(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await person.http.get("/v1/limits")).json()
    return found


async def set_state(api: Api, video_id: str, state: str) -> None:
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Video).where(Video.id == uuid.UUID(video_id)).values(state=state, job_id=None)
        )


async def test_of_50_at_once_exactly_those_that_are_allowed_begin(start_api: StartApi) -> None:
    here, there = await start_api(user_quota_active=10), await start_api(user_quota_active=10)
    person, other = await new_user(here), await new_user(here)
    elsewhere = Person(person.id, person.email, person.token, there.client(person.token))
    answers = await asyncio.gather(*(ask(p) for p in [person, elsewhere] * 25), ask(other))
    assert answers.pop().status_code == 201
    begun = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(begun) == 10
    for answer in refused:
        assert "10 videos in progress" in problem(answer, 429, "quota_exceeded")["detail"]
    videos = (await person.http.get("/v1/videos?limit=100")).json()["items"]
    assert {video["id"] for video in videos} == {upload["video_id"] for upload in begun}


async def test_of_50_at_once_no_byte_too_many_begins(start_api: StartApi) -> None:
    api = await start_api(user_quota_bytes=10 * SIZE + 100, user_quota_active=0)
    person = await new_user(api)
    answers = await asyncio.gather(*(ask(person) for _ in range(50)))
    assert sum(answer.status_code == 201 for answer in answers) == 10
    assert (await limits(person))["bytes_used"] == 10 * SIZE
    assert (await ask(person, 100)).status_code == 201
    refused = await ask(person, 1)
    assert "40.1KiB of 40.1KiB" in problem(refused, 429, "quota_exceeded")["detail"]
    # Nothing becomes free by itself: who asked again every minute would ask in vain.
    assert int(refused.headers["retry-after"]) == 3600


async def test_what_was_begun_in_the_store_for_nothing_is_left_to_the_sweep(
    start_api: StartApi, s3: Any, monkeypatch: pytest.MonkeyPatch, clean: None
) -> None:
    async def unseen(*_: Any) -> None:
        """Every request is as if the others came just after it had looked."""

    monkeypatch.setattr(quota, "look", unseen)
    api = await start_api(user_quota_active=1)
    person = await new_user(api)
    await asyncio.gather(*(ask(person) for _ in range(5)))
    db, storage = api.services.db, api.services.storage
    prefixes = set(await purged(db))
    assert len(prefixes) == 4

    async def begun() -> set[str]:
        found = await s3.list_multipart_uploads(Bucket=api.settings.s3_bucket)
        return {item["Key"].removesuffix("source.mp4") for item in found.get("Uploads", [])}

    assert prefixes <= await begun()
    async with db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=func.now()))
    await purges.purge(db, storage)
    assert not prefixes & await begun()


async def test_what_ends_or_is_deleted_makes_room(start_api: StartApi) -> None:
    api = await start_api(user_quota_active=2)
    person = await new_user(api)
    first, second = await begin(person), await begin(person)
    problem(await ask(person), 429, "quota_exceeded")
    assert (await person.http.delete(f"/v1/uploads/{first['id']}")).status_code == 204
    third = await begin(person)
    problem(await ask(person), 429, "quota_exceeded")
    assert (await person.http.delete(f"/v1/videos/{second['video_id']}")).status_code == 204
    await begin(person)
    problem(await ask(person), 429, "quota_exceeded")
    for ended in (VideoState.READY, VideoState.FAILED, VideoState.CANCELLED):
        await set_state(api, third["video_id"], ended)
        assert (await limits(person))["active"] == 1


async def test_work_that_is_asked_for_again_needs_room_too(start_api: StartApi) -> None:
    api = await start_api(user_quota_active=1, user_quota_bytes=SIZE)
    person = await new_user(api)
    video = await uploaded(person)
    path = f"/v1/videos/{video['id']}"
    problem(await ask(person), 429, "quota_exceeded")
    assert (await person.http.post(f"{path}/cancel")).status_code == 202
    # Not for the bytes: its file is stored already.
    assert (await person.http.post(f"{path}/retry")).status_code == 202
    assert (await person.http.post(f"{path}/cancel")).status_code == 202
    more = await start_api(user_quota_active=1)
    await begin(Person(person.id, person.email, person.token, more.client(person.token)))
    refused = await person.http.post(f"{path}/retry")
    problem(refused, 429, "quota_exceeded")
    assert int(refused.headers["retry-after"]) == 60
    asked = await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    problem(asked, 429, "quota_exceeded")
    # Of what is under way nothing more would be made: that is said first.
    await set_state(more, video["id"], VideoState.QUEUED)
    for action, body in (("retry", None), ("jobs", {"operation": "transcode"})):
        problem(await person.http.post(f"{path}/{action}", json=body), 409, "invalid_state")
    await set_state(more, video["id"], VideoState.CANCELLED)
    assert (await person.http.get(path)).json()["state"] == "cancelled"


async def test_of_5_retries_at_once_those_that_are_allowed_are_queued(start_api: StartApi) -> None:
    api = await start_api(user_quota_active=2)
    person = await new_user(api)
    paths = []
    for _ in range(5):
        paths.append(f"/v1/videos/{(await uploaded(person))['id']}")
        assert (await person.http.post(f"{paths[-1]}/cancel")).status_code == 202
    answers = await asyncio.gather(*(person.http.post(f"{path}/retry") for path in paths))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 429, 429, 429]


async def test_outputs_are_counted_until_the_video_is_deleted(
    start_api: StartApi,
) -> None:
    api = await start_api(user_quota_bytes=10_000)
    person, other = await new_user(api), await new_user(api)
    video = await uploaded(person)
    await begin(other)
    video_id, job_id = uuid.UUID(video["id"]), uuid.uuid4()
    async with api.services.db.begin() as tx:
        await tx.execute(
            insert(Job).values(
                id=job_id, video_id=video_id, user_id=person.id, operation="transcode", state="x"
            )
        )
        of = {"video_id": video_id, "job_id": job_id, "s3_key": "k", "is_main": True}
        shape = {"width": 1, "height": 1, "duration": 1.0, "bitrate": 1, "video_codec": "h264"}
        for kind, name, size, state in (
            ("file", "720p", 3000, "published"),
            ("file", "480p", 2000, "staged"),
            ("poster", "poster", 500, "published"),
        ):
            await tx.execute(
                insert(Asset).values(
                    id=uuid.uuid4(), kind=kind, name=name, size=size, state=state, **of, **shape
                )
            )
    told = await limits(person)
    assert told["bytes_used"] == SIZE + 5500
    assert (told["bytes_allowed"], told["active"], told["active_allowed"]) == (10_000, 1, 500)
    problem(await ask(person, 405), 429, "quota_exceeded")
    assert (await ask(person, 404)).status_code == 201
    assert (await limits(other))["bytes_used"] == SIZE
    assert (await person.http.delete(f"/v1/videos/{video['id']}")).status_code == 204
    assert (await limits(person))["bytes_used"] == 404


async def test_nothing_is_limited_where_the_operator_set_no_limit(start_api: StartApi) -> None:
    api = await start_api(user_quota_active=0, user_quota_bytes=0)
    person = await new_user(api)
    await asyncio.gather(*(begin(person) for _ in range(20)))
    told = await limits(person)
    assert (told["active"], told["active_allowed"]) == (20, None)
    assert (told["bytes_used"], told["bytes_allowed"]) == (20 * SIZE, None)
