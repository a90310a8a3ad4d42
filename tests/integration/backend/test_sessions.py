"""Sessions: refreshed, replayed, listed and ended."""

import asyncio
from typing import Any

import httpx
import pytest

from backend.auth import stored_sessions
from backend.auth.login import COOKIE
from core.errors import DatabaseAway
from tests.support.app import Api, StartApi, bearer
from tests.support.people import Person, login, new_user
from tests.support.problems import problem


async def begin(api: Api, person: Person) -> dict[str, Any]:
    answer = await login(api.client(), person.email, client="native")
    found: dict[str, Any] = answer.json()
    return found


async def refresh(api: Api, token: str) -> httpx.Response:
    return await api.client().post("/v1/auth/refresh", json={"refresh_token": token})


async def me(api: Api, token: str) -> httpx.Response:
    return await api.client(token).get("/v1/me")


async def test_a_refresh_gives_a_new_pair(api: Api) -> None:
    first = await begin(api, await new_user(api))
    second = (await refresh(api, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await me(api, second["access_token"])).status_code == 200
    third = await refresh(api, second["refresh_token"])
    assert third.status_code == 200


async def test_a_replayed_token_ends_the_whole_family(start_api: StartApi) -> None:
    api = await start_api(refresh_grace_s=0)
    first = await begin(api, await new_user(api))
    second = (await refresh(api, first["refresh_token"])).json()
    problem(await refresh(api, first["refresh_token"]), 401, "session_revoked")
    problem(await refresh(api, second["refresh_token"]), 401, "session_revoked")
    problem(await me(api, second["access_token"]), 401, "session_revoked")


async def test_a_replay_ends_no_other_session(start_api: StartApi) -> None:
    api = await start_api(refresh_grace_s=0)
    person = await new_user(api)
    first = await begin(api, person)
    await refresh(api, first["refresh_token"])
    problem(await refresh(api, first["refresh_token"]), 401, "session_revoked")
    assert (await person.http.get("/v1/me")).status_code == 200


async def test_a_lost_answer_may_be_asked_for_again(api: Api) -> None:
    first = await begin(api, await new_user(api))
    lost = (await refresh(api, first["refresh_token"])).json()
    again = (await refresh(api, first["refresh_token"])).json()
    assert again["refresh_token"] == lost["refresh_token"]
    assert (await refresh(api, again["refresh_token"])).status_code == 200


async def test_an_answer_that_postgres_held_up_may_be_asked_for_at_any_time(
    start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis had exchanged the token, and nobody was given the next one."""
    api = await start_api(refresh_grace_s=0)
    first = await begin(api, await new_user(api))

    async def away(*_: Any) -> bool:
        raise DatabaseAway("the server stands still")

    with monkeypatch.context() as patch:
        patch.setattr(stored_sessions, "follow", away)
        problem(await refresh(api, first["refresh_token"]), 503, "dependency_unavailable")
    again = await refresh(api, first["refresh_token"])
    assert again.status_code == 200
    assert (await refresh(api, again.json()["refresh_token"])).status_code == 200


async def test_who_is_overtaken_by_its_own_successor_keeps_the_session(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two exchange one token; the faster one's next exchange comes before the slower one's note."""
    first = await begin(api, await new_user(api))
    plain = stored_sessions.follow
    overtaken = False

    async def slow(tx: Any, *arguments: Any) -> bool:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            second = (await refresh(api, first["refresh_token"])).json()
            third = await refresh(api, second["refresh_token"])
            assert third.status_code == 200
        return await plain(tx, *arguments)

    monkeypatch.setattr(stored_sessions, "follow", slow)
    late = await refresh(api, first["refresh_token"])
    assert late.status_code == 200
    assert (await refresh(api, late.json()["refresh_token"])).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "nonsense"])
async def test_an_origin_that_is_no_address_is_foreign(api: Api, origin: str) -> None:
    for path in ("refresh", "logout"):
        answer = await api.client().post(f"/v1/auth/{path}", headers={"Origin": origin})
        problem(answer, 403, "origin_not_allowed")


async def test_twenty_refreshes_at_once_have_one_successor(api: Api) -> None:
    first = await begin(api, await new_user(api))
    answers = await asyncio.gather(*(refresh(api, first["refresh_token"]) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_browser_refreshes_and_logs_out_by_its_cookie(api: Api) -> None:
    person, http = await new_user(api), api.client()
    await login(http, person.email)
    before = http.cookies[COOKIE]
    answer = await http.post("/v1/auth/refresh")
    assert answer.json()["refresh_token"] is None
    assert http.cookies[COOKIE] != before
    assert (await http.post("/v1/auth/logout")).status_code == 204
    assert COOKIE not in http.cookies
    problem(await me(api, answer.json()["access_token"]), 401, "session_revoked")


async def test_a_foreign_page_cannot_use_the_cookie(api: Api) -> None:
    person, http = await new_user(api), api.client()
    await login(http, person.email)
    foreign = {"Origin": "https://evil.example"}
    for path in ("/v1/auth/refresh", "/v1/auth/logout"):
        problem(await http.post(path, headers=foreign), 403, "origin_not_allowed")
    for own in (api.settings.allowed_origins[0], "http://framemill.test"):
        answer = await http.post("/v1/auth/refresh", headers={"Origin": own})
        assert answer.status_code == 200, own


async def test_a_refresh_without_a_token_says_so(api: Api) -> None:
    problem(await api.client().post("/v1/auth/refresh"), 401, "token_missing")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 4096])
async def test_a_refresh_with_nonsense_is_refused(api: Api, token: str) -> None:
    problem(await refresh(api, token), 401, "token_invalid")


async def test_an_access_token_refreshes_nothing(api: Api) -> None:
    pair = await begin(api, await new_user(api))
    problem(await refresh(api, pair["access_token"]), 401, "token_invalid")
    problem(await me(api, pair["refresh_token"]), 401, "token_invalid")


async def test_after_logout_neither_token_works(api: Api) -> None:
    pair = await begin(api, await new_user(api))
    assert (await me(api, pair["access_token"])).status_code == 200
    body = {"refresh_token": pair["refresh_token"]}
    assert (await api.client().post("/v1/auth/logout", json=body)).status_code == 204
    problem(await me(api, pair["access_token"]), 401, "session_revoked")
    problem(await refresh(api, pair["refresh_token"]), 401, "session_revoked")
    assert (await api.client().post("/v1/auth/logout", json=body)).status_code == 204


async def test_sessions_are_listed_and_ended_one_by_one(api: Api) -> None:
    person = await new_user(api)
    other = await begin(api, person)
    items = (await person.http.get("/v1/auth/sessions")).json()["items"]
    assert [item["current"] for item in items].count(True) == 1
    assert len(items) == 2
    [target] = [item["id"] for item in items if not item["current"]]
    assert (await person.http.delete(f"/v1/auth/sessions/{target}")).status_code == 204
    problem(await me(api, other["access_token"]), 401, "session_revoked")
    left = (await person.http.get("/v1/auth/sessions")).json()["items"]
    assert [item["current"] for item in left] == [True]
    problem(await person.http.delete(f"/v1/auth/sessions/{target}"), 404, "not_found")
    problem(await person.http.delete("/v1/auth/sessions/" + "x" * 500), 404, "not_found")


async def test_a_session_of_somebody_else_is_not_found(api: Api) -> None:
    owner, other = await new_user(api), await new_user(api)
    [item] = (await owner.http.get("/v1/auth/sessions")).json()["items"]
    problem(await other.http.delete(f"/v1/auth/sessions/{item['id']}"), 404, "not_found")
    assert (await owner.http.get("/v1/me")).status_code == 200


async def test_all_sessions_end_at_once(api: Api) -> None:
    person = await new_user(api)
    other = await begin(api, person)
    assert (await person.http.delete("/v1/auth/sessions")).status_code == 204
    problem(await me(api, person.token), 401, "session_revoked")
    problem(await me(api, other["access_token"]), 401, "session_revoked")
    problem(await refresh(api, other["refresh_token"]), 401, "session_revoked")
    assert (await login(api.client(), person.email)).status_code == 200


async def test_losing_redis_ends_sessions_and_nothing_else(api: Api, clean: None) -> None:
    person = await new_user(api)
    pair = await begin(api, person)
    await api.services.redis.flushdb()
    problem(await me(api, person.token), 401, "session_revoked")
    problem(await refresh(api, pair["refresh_token"]), 401, "session_revoked")
    assert (await login(api.client(), person.email)).status_code == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "token_missing"),
        ({"Authorization": "Basic dXNlcjpwdw=="}, "token_missing"),
        ({"Authorization": "Bearer "}, "token_missing"),
        (bearer("not.a.token"), "token_invalid"),
    ],
)
async def test_what_is_no_token_opens_nothing(api: Api, header: dict[str, str], code: str) -> None:
    problem(await api.client().get("/v1/me", headers=header), 401, code)
