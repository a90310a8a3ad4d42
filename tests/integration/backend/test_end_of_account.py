"""An owner changes the password, or ends the account with everything."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
import redis.asyncio as redis
from sqlalchemy import func, insert, select, text, update

from backend.auth.login import COOKIE
from control.deleted import sweep_accounts
from core import accounts
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.tables import Invite, Setback, User, Video
from core.videos import removal
from tests.support.app import Api, StartApi, bearer
from tests.support.people import PASSWORD, Person, login, new_admin, new_email, new_user, register
from tests.support.poison import poisoned
from tests.support.problems import problem
from tests.support.tables import all_text, purged, someone_waits
from tests.support.uploading import begin, uploaded
from tests.support.waiting import wait_until

NEW = "another-walk-in-the-snow"
WRONG = "not-the-password"


async def change(person: Person, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return await person.http.post("/v1/auth/password", json=body)


async def end(person: Person, password: str = PASSWORD) -> httpx.Response:
    return await person.http.post("/v1/me/delete", json={"password": password})


async def native(api: Api, person: Person, password: str = PASSWORD) -> dict[str, Any]:
    found: dict[str, Any] = (
        await login(api.client(), person.email, password, client="native")
    ).json()
    return found


async def refresh(api: Api, token: str) -> httpx.Response:
    return await api.client().post("/v1/auth/refresh", json={"refresh_token": token})


async def me(api: Api, token: str) -> int:
    return (await api.client(token).get("/v1/me")).status_code


async def sessions_left(api: Api, person: Person) -> list[str]:
    """Whatever of a session Postgres or Redis still knows."""
    held = api.services
    async with held.db.autocommit() as connection:
        rows = await connection.execute(
            text("SELECT id FROM sessions WHERE user_id = :id"), {"id": person.id}
        )
        known = [str(each) for each in rows.scalars()]
    known += [each.id for each in await held.sessions.list_of(person.id, "")]
    async for key in held.redis.scan_iter("session:*"):
        if str(person.id) in str(await held.redis.get(key)):
            known.append(str(key))
    return known


# The password


async def test_a_changed_password_ends_every_other_session(api: Api) -> None:
    person = await new_user(api)
    other = await native(api, person)
    assert (await change(person)).status_code == 204
    # Ours in Postgres, and its key in Redis: nothing is left to come back with an old Redis.
    assert len(set(await sessions_left(api, person))) == 2
    assert (await person.http.get("/v1/me")).status_code == 200
    assert await me(api, other["access_token"]) == 401
    problem(await refresh(api, other["refresh_token"]), 401, "session_revoked")
    problem(await login(api.client(), person.email), 401, "invalid_credentials")
    assert (await login(api.client(), person.email, NEW)).status_code == 200


async def test_a_changed_password_needs_the_present_one_and_a_good_one(api: Api) -> None:
    person = await new_user(api)
    problem(await change(person, WRONG), 403, "password_wrong")
    problem(await change(person, new="short"), 422, "password_rejected")
    problem(await change(person, new=person.email), 422, "password_rejected")
    assert (await login(api.client(), person.email)).status_code == 200


@pytest.mark.parametrize("ask", [change, end])
async def test_wrong_passwords_count_like_failed_logins(start_api: StartApi, ask: Any) -> None:
    api = await start_api(rate_limit_pair=3)
    person = await new_user(api)
    for _ in range(3):
        problem(await ask(person, WRONG), 403, "password_wrong")
    problem(await ask(person, PASSWORD), 429, "rate_limited")
    problem(await login(api.client(), person.email), 429, "rate_limited")
    stranger = await new_user(api)
    assert (await ask(stranger, PASSWORD)).status_code == 204


async def test_of_two_changes_at_once_one_counts(api: Api) -> None:
    person = await new_user(api)
    answers = await asyncio.gather(*(change(person, new=NEW + str(n)) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 403, 403, 403]
    [chosen] = [n for n, answer in enumerate(answers) if answer.status_code == 204]
    assert (await login(api.client(), person.email, NEW + str(chosen))).status_code == 200


async def test_a_login_with_the_old_password_beside_its_change_leaves_no_session(
    api: Api, db: Database
) -> None:
    person = await new_user(api)
    async with db.begin() as tx:
        await tx.execute(update(User).where(User.id == person.id).values(password_hash="-"))
        # Its password has been verified, against what was committed; now it waits for us.
        late = asyncio.create_task(login(api.client(), person.email))
        await wait_until(lambda: someone_waits(db), 30)
        await api.services.sessions.end_all(person.id)
        await tx.execute(text("DELETE FROM sessions WHERE user_id = :id"), {"id": person.id})
    problem(await late, 401, "invalid_credentials")
    assert await sessions_left(api, person) == []


async def test_a_refresh_beside_a_change_of_password_leaves_no_session(api: Api) -> None:
    for _ in range(5):
        person = await new_user(api)
        other = await native(api, person)
        changed, refreshed = await asyncio.gather(
            change(person), refresh(api, other["refresh_token"])
        )
        assert changed.status_code == 204
        assert refreshed.status_code in (200, 401), refreshed.text
        if refreshed.status_code == 200:
            assert await me(api, refreshed.json()["access_token"]) == 401
            problem(await refresh(api, refreshed.json()["refresh_token"]), 401, "session_revoked")
        assert len(set(await sessions_left(api, person))) == 2  # ours: its id, and its key in Redis


# The end


async def test_an_ended_account_is_gone_at_once(api: Api) -> None:
    person = await new_user(api)
    other = await native(api, person)
    answer = await end(person)
    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith(f'{COOKIE}="";')
    problem(await person.http.get("/v1/me"), 401, "session_revoked")
    assert await me(api, other["access_token"]) == 401
    problem(await refresh(api, other["refresh_token"]), 401, "session_revoked")
    problem(await login(api.client(), person.email), 401, "invalid_credentials")
    assert await sessions_left(api, person) == []
    # And its address is free for a new one, which has nothing of the old one.
    again = await register(api.client(), person.email)
    assert again.status_code == 201
    assert again.json()["id"] != str(person.id)


async def test_the_row_of_an_ended_account_names_nobody(api: Api, db: Database) -> None:
    person = await new_user(api)
    await end(person)
    async with db.autocommit() as connection:
        row = (
            await connection.execute(select(*User.__table__.c).where(User.id == person.id))
        ).one()
    assert row.closed_at is not None
    assert (row.email, row.password_hash) == (None, None)
    assert person.email not in str(row)


async def test_a_wrong_password_ends_nothing(api: Api) -> None:
    person = await new_user(api)
    problem(await end(person, WRONG), 403, "password_wrong")
    assert (await person.http.get("/v1/me")).status_code == 200


async def test_sweeps_remove_everything_of_an_ended_account(
    api: Api, db: Database, storage: Storage, clean: None
) -> None:
    person, stranger = await new_user(api), await new_user(api)
    video, upload = await uploaded(person), await begin(person)
    kept = await uploaded(stranger)
    assert (await end(person)).status_code == 204
    gone = await sweep_accounts(db)
    assert set(gone) == {uuid.UUID(video["id"]), uuid.UUID(upload["video_id"])}
    for each in (video["id"], upload["video_id"]):
        assert f"videos/{each}/" in await purged(db)
    assert await sweep_accounts(db) == []
    # Some time later, the last of deleted videos goes too.
    assert all([await removal.forget(db, storage, 0, video_id) for video_id in gone])
    await sweep_accounts(db)
    assert str(person.id) not in await all_text(db)
    answer = await stranger.http.get(f"/v1/videos/{kept['id']}")
    assert answer.json()["state"] == "queued"


async def test_one_video_that_cannot_be_removed_holds_up_no_other(
    api: Api, db: Database, clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await new_user(api)
    bad, *good = [uuid.UUID((await begin(person))["video_id"]) for _ in range(4)]
    await end(person)
    real = removal.delete_video

    async def delete_video(tx: Any, video_id: uuid.UUID) -> Any:
        if video_id == bad:
            await tx.execute(text("SELECT 1 / 0"))
        return await real(tx, video_id)

    with monkeypatch.context() as patch:
        patch.setattr(removal, "delete_video", delete_video)
        assert set(await sweep_accounts(db)) == set(good)
    # It is tried again, when it has waited.
    async with db.begin() as tx:
        await tx.execute(update(Setback).values(retry_at=func.now()))
    assert await sweep_accounts(db) == [bad]


async def test_an_invite_that_cannot_be_removed_holds_up_no_account(
    api: Api, db: Database, clean: None
) -> None:
    person, owner, bad = await new_user(api), await new_user(api), uuid.uuid4()
    async with db.begin() as tx:
        long_ago = func.now() - timedelta(days=31)
        each = {"code_hash": "0" * 64, "created_by": owner.id, "expires_at": long_ago}
        await tx.execute(insert(Invite).values(id=bad, **each))
    await end(person)
    async with poisoned(db, "invites", bad):
        await sweep_accounts(db)
    async with db.autocommit() as connection:
        assert await connection.scalar(select(User.id).where(User.id == person.id)) is None
        assert await connection.scalar(select(Invite.id)) == bad


async def test_of_two_ends_at_once_one_counts(api: Api) -> None:
    person = await new_user(api)
    answers = await asyncio.gather(*(end(person) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 401, 401, 401]
    assert await sessions_left(api, person) == []


async def test_a_change_of_password_beside_the_end_leaves_nothing(api: Api) -> None:
    for _ in range(4):
        person = await new_user(api)
        ended, changed = await asyncio.gather(end(person), change(person))
        assert (ended.status_code, changed.status_code) in {(204, 401), (403, 204)}
        if ended.status_code == 204:
            assert await sessions_left(api, person) == []


async def closing(api: Api, db: Database, person: Person, asked: Any) -> httpx.Response:
    """Return the answer to what is asked while the account is being closed, and waits for that."""
    async with db.begin() as tx:
        hashed = await tx.scalar(select(User.password_hash).where(User.id == person.id))
        await accounts.close(tx, person.id, str(hashed))
        late = asyncio.create_task(asked)
        await wait_until(lambda: someone_waits(db), 30)
        await api.services.sessions.end_all(person.id)
    answer: httpx.Response = await late
    return answer


async def test_a_login_beside_the_end_leaves_no_session(api: Api, db: Database) -> None:
    person = await new_user(api)
    answer = await closing(api, db, person, login(api.client(), person.email))
    problem(answer, 401, "invalid_credentials")
    assert await sessions_left(api, person) == []


async def test_an_upload_beside_the_end_leaves_nothing(api: Api, db: Database, clean: None) -> None:
    person = await new_user(api)
    asked = person.http.post("/v1/uploads", json={"filename": "film.mp4", "size": 1})
    problem(await closing(api, db, person, asked), 401, "session_revoked")
    async with db.autocommit() as connection:
        assert (await connection.execute(select(Video.id))).all() == []
    # What S3 had begun is aborted.
    [prefix] = await purged(db)
    assert prefix.startswith("videos/")


async def test_an_invite_beside_the_end_of_its_admin_is_none(api: Api, db: Database) -> None:
    admin, _ = await new_admin(api), await new_admin(api)
    answer = await closing(api, db, admin, admin.http.post("/v1/admin/invites", json={}))
    problem(answer, 401, "session_revoked")


async def test_the_last_admin_stays(api: Api, clean: None) -> None:
    first, second = await new_admin(api), await new_admin(api)
    answers = await asyncio.gather(end(first), end(second))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    left = first if answers[0].status_code == 409 else second
    problem(await end(left), 409, "last_admin")
    assert (await left.http.get("/v1/admin/invites")).status_code == 200


async def test_the_end_of_an_ordinary_account_waits_for_no_admin(api: Api, db: Database) -> None:
    admin, person = await new_admin(api), await new_user(api)
    async with db.begin() as holding:
        await holding.execute(select(User.id).where(User.id == admin.id).with_for_update())
        assert (await end(person)).status_code == 204


async def test_with_an_admin_go_the_invites(start_api: StartApi) -> None:
    api = await start_api(registration="invite")
    admin, _ = await new_admin(api), await new_admin(api)
    used, unused = [(await admin.http.post("/v1/admin/invites")).json()["code"] for _ in range(2)]
    guest = new_email()
    assert (await register(api.client(), guest, invite=used)).status_code == 201
    assert (await end(admin)).status_code == 204
    problem(await register(api.client(), new_email(), invite=unused), 403, "invite_invalid")
    assert (await login(api.client(), guest)).status_code == 200


async def test_without_redis_nothing_is_ended(
    start_api: StartApi, db: Database, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = await start_api()
    person = await new_user(api)

    async def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(api.services.sessions, "end_all", away)
        problem(await end(person), 503, "dependency_unavailable")
        problem(await change(person), 503, "dependency_unavailable")
    token = (await native(api, person))["access_token"]
    assert (await api.client().get("/v1/me", headers=bearer(token))).status_code == 200
