"""Accounts: made once, with a password that is worth having; sessions begin with it."""

import asyncio

import pytest

from backend.auth.login import COOKIE
from tests.support.app import Api, StartApi, bearer
from tests.support.people import PASSWORD, login, new_email, new_user, register
from tests.support.problems import problem


async def test_an_account_is_made_and_opens_a_session(api: Api) -> None:
    http, email = api.client(), new_email()
    made = await register(http, f"  {email.upper()} ".strip())
    assert made.status_code == 201
    assert set(made.json()) == {"id", "email", "created_at"}
    assert made.json()["email"] == email
    session = await login(http, email.title())  # the case of letters does not matter
    token = session.json()["access_token"]
    me = await http.get("/v1/me", headers=bearer(token))
    assert me.json() == {**made.json(), "role": "user"}


async def test_a_browser_gets_its_refresh_token_in_a_guarded_cookie(start_api: StartApi) -> None:
    api = await start_api(cookie_secure=True, refresh_token_s=7777)
    http = api.client(base_url="https://framemill.test")
    person = await new_user(api)
    answer = await login(http, person.email)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert answer.json()["refresh_token"] is None
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == api.settings.access_token_s
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/v1/auth", "max-age=7777"} <= flags
    refreshed = await http.post("/v1/auth/refresh")
    assert refreshed.status_code == 200
    assert "set-cookie" in refreshed.headers


async def test_a_native_client_gets_it_in_the_body_and_no_cookie(api: Api) -> None:
    person = await new_user(api)
    answer = await login(api.client(), person.email, client="native")
    assert answer.json()["refresh_token"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "password",
    ["short", "eleven-char", "x" * 129, "aaaaaaaaaaaaaaaa", "passwordpassword", "EMAIL"],
)
async def test_a_password_that_would_be_guessed_is_refused(api: Api, password: str) -> None:
    email = new_email()
    answer = await register(api.client(), email, email if password == "EMAIL" else password)
    problem(answer, 422, "password_rejected")
    problem(await login(api.client(), email, password), 401, "invalid_credentials")


async def test_an_address_has_one_account(api: Api) -> None:
    http, email = api.client(), new_email()
    assert (await register(http, email)).status_code == 201
    problem(await register(http, email.upper()), 409, "email_unavailable")


async def test_of_registrations_at_once_one_succeeds(api: Api) -> None:
    http, email = api.client(), new_email()
    answers = await asyncio.gather(*(register(http, email) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@example.com", "x" * 250 + "@a.io"])
async def test_what_is_no_address_is_refused(api: Api, email: str) -> None:
    body = problem(await register(api.client(), email), 422, "validation_failed")
    assert [item["pointer"] for item in body["errors"]] == ["/email"]


async def test_an_unknown_address_and_a_wrong_password_look_the_same(api: Api) -> None:
    person = await new_user(api)
    wrong = await login(api.client(), person.email, "not-the-password")
    unknown = await login(api.client(), new_email(), "not-the-password")
    first = problem(wrong, 401, "invalid_credentials")
    second = problem(unknown, 401, "invalid_credentials")
    del first["request_id"], second["request_id"]
    assert first == second


@pytest.mark.parametrize("email", ["", "nobody", "a\x00b@example.com", "ä" * 900])
async def test_any_text_may_be_tried_as_an_address(api: Api, email: str) -> None:
    problem(await login(api.client(), email), 401, "invalid_credentials")


async def test_the_password_itself_is_never_told(api: Api) -> None:
    answers = [
        await register(api.client(), "no address", PASSWORD),
        await login(api.client(), new_email(), PASSWORD),
    ]
    assert not [answer.text for answer in answers if PASSWORD in answer.text]


async def test_a_lone_surrogate_is_refused_as_text(api: Api) -> None:
    raw = b'{"email": "a@example.com", "password": "long enough \\ud800 otherwise"}'
    json = {"Content-Type": "application/json"}
    for path in ("/v1/auth/register", "/v1/auth/login"):
        answer = await api.client().post(path, content=raw, headers=json)
        assert answer.status_code == 422, answer.text


async def test_an_address_with_a_nul_in_it_is_nobodys(api: Api) -> None:
    person = await new_user(api)
    http = api.client()
    for email in (f"\x00{person.email}", person.email.replace("@", "\x00@")):
        problem(await login(http, email), 401, "invalid_credentials")
    assert (await login(http, person.email)).status_code == 200
