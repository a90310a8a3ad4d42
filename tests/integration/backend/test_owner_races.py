"""Two requests of one owner for one video, at the very same moment."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, text, update

from core.adapters.postgres import Database
from core.model.tables import Asset, Purge, Video
from core.tasks import settle
from core.uploads import upload_lifecycle
from tests.machine.truth import broken
from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.uploading import BODY, begin, send, uploaded
from tests.support.waiting import wait_until
from tests.support.work import claim_of, planned, publish, video_of

Ask = Callable[[Person, str], Coroutine[Any, Any, httpx.Response]]

ASK: dict[str, Ask] = {
    "retry": lambda person, video: person.http.post(f"{video}/retry"),
    "new job": lambda person, video: person.http.post(
        f"{video}/jobs", json={"operation": "transcode"}
    ),
    "rename": lambda person, video: person.http.patch(video, json={"title": "Another"}),
    "cancel": lambda person, video: person.http.post(f"{video}/cancel"),
    "delete": lambda person, video: person.http.delete(video),
}


async def at_once(db: Database, video_id: uuid.UUID, *asking: Any) -> list[httpx.Response]:
    """Have requests meet: each begins while the video is locked, and waits for it in that order."""
    started: list[asyncio.Task[httpx.Response]] = []
    async with db.begin() as tx:
        await tx.execute(select(Video.id).where(Video.id == video_id).with_for_update())
        for number, each in enumerate(asking, 1):
            started.append(asyncio.create_task(each))
            await wait_until(partial(_waiting, db, number))
    return await asyncio.gather(*started)


async def _waiting(db: Database, count: int) -> bool:
    statement = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with db.autocommit() as connection:
        return bool(await connection.scalar(statement) == count)


async def resting(api: Api, person: Person, state: str) -> str:
    """Make a video that rests in a state; return its path."""
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = api.services
    claim = await claim_of(held.db, video_id)
    await publish(held.db, held.storage, claim, "720p")
    if state != "ready":
        async with held.db.begin() as tx:
            rests = update(Video).where(Video.id == video_id)
            await tx.execute(rests.values(state=state, playable_at=None))
            await tx.execute(delete(Asset).where(Asset.video_id == video_id))
    return f"/v1/videos/{video_id}"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "second"])
@pytest.mark.parametrize(
    ("action", "state"),
    [("retry", "failed"), ("new job", "ready"), ("new job", "cancelled"), ("rename", "ready")],
)
async def test_beside_a_deletion_nothing_comes_to_life(
    api: Api, db: Database, action: str, state: str, order: tuple[int, int]
) -> None:
    person = await new_user(api)
    path = await resting(api, person, state)
    video_id = uuid.UUID(path.rpartition("/")[2])
    asking = [ASK[action](person, path), ASK["delete"](person, path)]
    answers = await at_once(db, video_id, *(asking[each] for each in order))
    assert all(answer.status_code < 500 for answer in answers), [a.text for a in answers]
    assert answers[order.index(1)].status_code == 204
    assert (await video_of(db, video_id)).state == "deleted"
    assert await _broken_of(db, video_id) == []


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [("retry", "retry", "failed"), ("retry", "new job", "failed"), ("new job", "new job", "ready")],
)
async def test_of_two_who_ask_for_work_one_gets_it(
    api: Api, db: Database, first: str, second: str, state: str
) -> None:
    person = await new_user(api)
    path = await resting(api, person, state)
    video_id = uuid.UUID(path.rpartition("/")[2])
    answers = await at_once(db, video_id, ASK[first](person, path), ASK[second](person, path))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert await _broken_of(db, video_id) == []


async def test_renaming_what_is_deleted_meanwhile_is_not_found(api: Api, db: Database) -> None:
    person = await new_user(api)
    path = await resting(api, person, "ready")
    video_id = uuid.UUID(path.rpartition("/")[2])
    deleted, renamed = await at_once(
        db, video_id, ASK["delete"](person, path), ASK["rename"](person, path)
    )
    assert deleted.status_code == 204
    problem(renamed, 404, "not_found")


async def _broken_of(db: Database, video_id: uuid.UUID) -> list[str]:
    return [fault for fault in await broken(db) if str(video_id) in fault]


async def test_what_an_upload_became_after_it_was_aborted_is_removed(
    api: Api, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The abort's own removal looked while the store was still putting the parts together."""
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)
    held = api.services
    plain = held.storage.complete_upload

    async def slow(key: str, upload_id: str, parts: Any) -> None:
        await plain(key, upload_id, parts)
        answer = await person.http.delete(f"/v1/uploads/{upload['id']}")
        assert answer.status_code == 204
        await held.storage.put(key, BODY, "video/mp4")  # there after all, behind the abort's back

    monkeypatch.setattr(held.storage, "complete_upload", slow)
    problem(await person.http.post(f"/v1/uploads/{upload['id']}/complete"), 409, "invalid_state")
    video_id = uuid.UUID(upload["video_id"])
    [row] = (await upload_lifecycle.load(db, [uuid.UUID(upload["id"])])).values()
    assert row.state == "aborted"
    async with db.autocommit() as connection:
        due = await connection.scalars(
            select(Purge.prefix).where(Purge.prefix == f"videos/{video_id}/")
        )
        # The abort's two, and that of who saw the object.
        assert len(due.all()) == 3


async def test_an_attempt_that_lost_its_lease_has_what_it_stored_removed(
    api: Api, db: Database
) -> None:

    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = await claim_of(db, video_id)
    async with db.begin() as tx:
        await settle.abandon(tx, held)
    for stored in (held.prefix, held.log_key):
        async with db.autocommit() as connection:
            assert await connection.scalar(select(Purge.id).where(Purge.prefix == stored))


async def test_but_not_what_it_has_published_after_all(api: Api, db: Database) -> None:

    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = await planned(db, await claim_of(db, video_id))
    await publish(db, api.services.storage, held, "720p")
    async with db.begin() as tx:  # the commit's answer was lost: it looks like a lost lease
        await settle.abandon(tx, held)
    async with db.autocommit() as connection:
        assert not await connection.scalar(select(Purge.id).where(Purge.prefix == held.prefix))
