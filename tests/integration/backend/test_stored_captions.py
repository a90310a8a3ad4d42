"""What is stored of captions is counted, and is removed when nobody can read it any more."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update

from control import purges as control_purges
from core.errors import Conflict
from core.model import object_keys
from core.model.tables import Purge
from core.videos import purges, texts
from tests.support.app import Api, StartApi
from tests.support.captions import SRT, WRITTEN, add, ask, film_of, listed
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.uploading import begin, get


async def test_files_of_before_are_removed_when_nobody_can_read_them(api: Api) -> None:
    person, video_id = await film_of(api)
    held = api.services
    made = await add(person, video_id)
    path = f"/v1/videos/{video_id}/tracks/{made['id']}"
    replaced = (await person.http.patch(path, json={"text": SRT + "\n"})).json()

    async def after(wait: timedelta) -> list[int]:
        async with held.db.begin() as tx:
            await tx.execute(update(Purge).values(not_before=Purge.not_before - wait))
        await control_purges.purge(held.db, held.storage)
        return [(await get(each["url"])).status_code for each in (made, replaced)]

    assert await after(purges.LONGEST_URL - timedelta(minutes=1)) == [200, 200]
    assert await after(timedelta(minutes=1)) == [404, 200]
    await person.http.delete(path)
    assert await after(purges.LONGEST_URL) == [404, 404]


async def test_who_stores_too_much_adds_none(start_api: StartApi, clean: None) -> None:
    api = await start_api(user_quota_bytes=5000, user_quota_active=1)
    person = await new_user(api)
    video_id = (await begin(person, size=4000))["video_id"]
    await add(person, video_id)  # whatever is in progress
    cue = "00:00:01.000 --> 00:00:02.500\n" + "a" * 480 + "\n\n"
    refused = await ask(person, video_id, text="WEBVTT\n\n" + cue * 2)
    problem(refused, 429, "quota_exceeded")
    [kept] = await listed(person, video_id)
    # Nor by another text in place of one that is there.
    path = f"/v1/videos/{video_id}/tracks/{kept['id']}"
    problem(
        await person.http.patch(path, json={"text": "WEBVTT\n\n" + cue * 2}), 429, "quota_exceeded"
    )
    assert await listed(person, video_id) == [kept]
    # What is in its place does not count twice, and less is always taken.
    most = cue.replace("a" * 480, "a" * 880)
    for each in (most, cue, most):
        answer = await person.http.patch(path, json={"text": "WEBVTT\n\n" + each})
        assert answer.status_code == 200, answer.text


async def test_captions_that_are_changed_and_removed_at_once_leave_nothing(
    api: Api, monkeypatch: Any
) -> None:
    person, video_id = await film_of(api)
    held, stored = api.services, list[str]()
    put = held.storage.put

    async def put_seen(key: str, *more: Any) -> None:
        await put(key, *more)
        stored.append(key)

    monkeypatch.setattr(held.storage, "put", put_seen)
    for _ in range(5):
        path = f"/v1/videos/{video_id}/tracks/{(await add(person, video_id))['id']}"
        changed, removed = await asyncio.gather(
            person.http.patch(path, json={"text": WRITTEN}), person.http.delete(path)
        )
        assert changed.status_code in {200, 404}, changed.text
        assert removed.status_code == 204, removed.text
    assert await listed(person, video_id) == []
    async with held.db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=Purge.not_before - purges.LONGEST_URL))
    await control_purges.purge(held.db, held.storage)
    assert len(stored) >= 5
    assert [key for key in stored if await held.storage.head(key) is not None] == []


async def test_what_is_refused_once_it_was_stored_is_removed(api: Api, monkeypatch: Any) -> None:
    """Somebody else's captions are the last for which there is room, at the last moment."""
    person, video_id = await film_of(api)
    held, stored = api.services, list[str]()
    put = held.storage.put

    async def full(tx: Any, video_id: uuid.UUID) -> None:
        if stored:
            raise Conflict("Too many.", "too_many_tracks")

    async def put_seen(key: str, *more: Any) -> None:
        await put(key, *more)
        stored.append(key)

    monkeypatch.setattr(texts, "require_room", full)
    monkeypatch.setattr(held.storage, "put", put_seen)
    problem(await ask(person, video_id), 409, "too_many_tracks")
    assert await held.storage.head(stored[0]) is not None
    async with held.db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=Purge.not_before - purges.LONGEST_URL))
    await control_purges.purge(held.db, held.storage)
    assert await held.storage.head(stored[0]) is None


async def test_a_video_that_is_deleted_meanwhile_keeps_nothing(api: Api, monkeypatch: Any) -> None:
    """The text is stored, and then the video is gone: its objects are removed once more."""
    person, video_id = await film_of(api)
    storage = api.services.storage
    stored: list[str] = []
    put = storage.put

    async def put_late(key: str, *more: Any) -> None:
        await person.http.delete(f"/v1/videos/{video_id}")
        stored.append(key)
        await put(key, *more)

    monkeypatch.setattr(storage, "put", put_late)
    problem(await ask(person, video_id), 404, "not_found")
    assert stored[0].startswith(object_keys.video_prefix(uuid.UUID(video_id)))
    held = api.services
    async with held.db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=func.now() - timedelta(seconds=1)))
    await control_purges.purge(held.db, held.storage)
    assert await storage.head(stored[0]) is None
