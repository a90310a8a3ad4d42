"""Who may make an account: anybody, who has an invite, or nobody."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from control.deleted import sweep_accounts
from core.model.tables import Invite, User
from tests.support.app import Api, StartApi
from tests.support.people import login, new_admin, new_email, new_user, register
from tests.support.problems import problem
from tests.support.settings import Settings


async def invited(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = await (await new_admin(api)).http.post("/v1/admin/invites", json=wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def mode(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.client().get("/v1/auth/registration")).json()
    return found


def test_registration_is_closed_and_bytes_are_limited_unless_somebody_says_otherwise() -> None:
    fields = Settings.model_fields
    assert fields["registration"].default == "closed"
    assert fields["user_quota_bytes"].default == 100 * 1024**3
    assert fields["service_host"].default == "127.0.0.1"


async def test_where_it_is_closed_nobody_makes_an_account(start_api: StartApi) -> None:
    api, email = await start_api(registration="closed"), new_email()
    assert await mode(api) == {"registration": "closed"}
    code = (await invited(api))["code"]
    problem(await register(api.client(), email), 403, "registration_closed")
    problem(await register(api.client(), email, invite=code), 403, "registration_closed")
    problem(await login(api.client(), email), 401, "invalid_credentials")


async def test_where_it_is_open_anybody_does_and_needs_no_invite(api: Api) -> None:
    assert await mode(api) == {"registration": "open"}
    answer = await register(api.client(), new_email(), invite="whatever")
    assert answer.status_code == 201


async def test_an_invite_makes_one_account(start_api: StartApi) -> None:
    api = await start_api(registration="invite")
    assert await mode(api) == {"registration": "invite"}
    http, email = api.client(), new_email()
    problem(await register(http, email), 403, "invite_required")
    problem(await register(http, email, invite=""), 403, "invite_required")
    problem(await register(http, email, invite="no\x00thing"), 403, "invite_invalid")
    invite = await invited(api)
    assert set(invite) == {"id", "code", "email", "expires_at", "created_at"}
    made = await register(http, email, invite=invite["code"])
    assert made.status_code == 201, made.text
    problem(await register(http, new_email(), invite=invite["code"]), 403, "invite_invalid")
    assert (await login(http, email)).status_code == 200


async def test_of_registrations_at_once_with_one_invite_one_succeeds(start_api: StartApi) -> None:
    api = await start_api(registration="invite")
    code = (await invited(api))["code"]
    emails = [new_email() for _ in range(6)]
    answers = await asyncio.gather(*(register(api.client(), each, invite=code) for each in emails))
    assert sorted(answer.status_code for answer in answers) == [201, *[403] * 5]
    async with api.services.db.autocommit() as connection:
        made = await connection.scalar(
            select(func.count()).select_from(User).where(User.email.in_(emails))
        )
    assert made == 1


async def test_an_invite_that_fails_to_make_an_account_is_not_used_up(start_api: StartApi) -> None:
    api = await start_api(registration="invite")
    code, email = (await invited(api))["code"], (await new_user(api)).email
    problem(await register(api.client(), email, invite=code), 409, "email_unavailable")
    problem(
        await register(api.client(), new_email(), "short", invite=code), 422, "password_rejected"
    )
    assert (await register(api.client(), new_email(), invite=code)).status_code == 201


async def test_an_invite_may_be_for_one_address(start_api: StartApi) -> None:
    api, email = await start_api(registration="invite"), new_email()
    code = (await invited(api, email=email.upper()))["code"]
    problem(await register(api.client(), new_email(), invite=code), 403, "invite_invalid")
    assert (await register(api.client(), email, invite=code)).status_code == 201


async def test_an_invite_expires(start_api: StartApi) -> None:
    api = await start_api(registration="invite")
    invite = await invited(api, expires_in_s=60)
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Invite)
            .where(Invite.id == uuid.UUID(invite["id"]))
            .values(expires_at=func.now() - timedelta(seconds=1))
        )
    answer = await register(api.client(), new_email(), invite=invite["code"])
    problem(answer, 403, "invite_invalid")


async def test_admins_list_and_withdraw_invites(start_api: StartApi, clean: None) -> None:
    api = await start_api(registration="invite")
    made = [await invited(api) for _ in range(3)]
    await register(api.client(), new_email(), invite=made[0]["code"])
    admin = await new_admin(api)  # of whoever's
    first = (await admin.http.get("/v1/admin/invites?limit=2")).json()
    rest = await admin.http.get(f"/v1/admin/invites?limit=2&cursor={first['next_cursor']}")
    items = [*first["items"], *rest.json()["items"]]
    assert [item["id"] for item in items] == [each["id"] for each in reversed(made)]
    assert rest.json()["next_cursor"] is None
    assert [item["used_at"] is None for item in items] == [True, True, False]
    assert "code" not in items[0]
    place = f"/v1/admin/invites/{made[1]['id']}"
    assert (await admin.http.delete(place)).status_code == 204
    problem(await admin.http.delete(place), 404, "not_found")
    answer = await register(api.client(), new_email(), invite=made[1]["code"])
    problem(answer, 403, "invite_invalid")


async def test_only_admins_invite(api: Api) -> None:
    person = await new_user(api)
    problem(await person.http.post("/v1/admin/invites", json={}), 403, "forbidden")
    problem(await person.http.get("/v1/admin/invites"), 403, "forbidden")
    problem(await person.http.delete(f"/v1/admin/invites/{uuid.uuid4()}"), 403, "forbidden")


@pytest.mark.parametrize("wanted", [{"expires_in_s": 1}, {"expires_in_s": 10**9}, {"email": "x"}])
async def test_an_odd_invite_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    admin = await new_admin(api)
    answer = await admin.http.post("/v1/admin/invites", json=wanted)
    problem(answer, 422, "validation_failed")


async def test_invites_are_forgotten_a_month_after_they_expired(api: Api) -> None:
    db = api.services.db
    old, recent = await invited(api), await invited(api)
    for invite, days in ((old, 31), (recent, 29)):
        async with db.begin() as tx:
            await tx.execute(
                update(Invite)
                .where(Invite.id == uuid.UUID(invite["id"]))
                .values(expires_at=func.now() - timedelta(days=days))
            )
    await sweep_accounts(db)
    async with db.autocommit() as connection:
        left = set((await connection.execute(select(Invite.id))).scalars())
    assert uuid.UUID(recent["id"]) in left
    assert uuid.UUID(old["id"]) not in left


async def test_no_code_is_kept(api: Api) -> None:
    invite = await invited(api)
    async with api.services.db.autocommit() as connection:
        row = (
            await connection.execute(
                select(*Invite.__table__.c).where(Invite.id == uuid.UUID(invite["id"]))
            )
        ).one()
    assert invite["code"] not in str(row)
