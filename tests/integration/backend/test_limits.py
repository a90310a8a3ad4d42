"""Rate limits: by address, by account, by both; never by what the client claims to be."""

import uuid

from tests.support.app import StartApi
from tests.support.people import login, new_email, new_user, register
from tests.support.problems import problem


async def test_logins_from_one_address_are_limited(start_api: StartApi) -> None:
    api = await start_api(rate_limit_address=5)
    http = api.client(address="192.0.2.1")
    for number in range(5):
        rotating = {"X-Forwarded-For": f"198.51.100.{number}"}
        body = {"email": new_email(), "password": "not-the-password"}
        answer = await http.post("/v1/auth/login", json=body, headers=rotating)
        problem(answer, 401, "invalid_credentials")
    refused = await http.post(
        "/v1/auth/login", json=body, headers={"X-Forwarded-For": "198.51.100.99"}
    )
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    elsewhere = api.client(address="192.0.2.2")
    problem(await login(elsewhere, new_email(), "whatever"), 401, "invalid_credentials")


async def test_a_trusted_proxy_names_the_client(start_api: StartApi) -> None:
    api = await start_api(rate_limit_address=2, trusted_proxies=("192.0.2.80",))
    http = api.client(address="192.0.2.80")

    async def attempt(client: str) -> int:
        # What stands left of the proxy's own entry was written by whoever liked to.
        header = {"X-Forwarded-For": f"{new_email()}, {client}"}
        body = {"email": new_email(), "password": "whatever"}
        answer = await http.post("/v1/auth/login", json=body, headers=header)
        return answer.status_code

    assert [await attempt("203.0.113.1") for _ in range(3)] == [401, 401, 429]
    assert await attempt("203.0.113.2") == 401


async def test_guessing_one_account_is_limited_from_everywhere(start_api: StartApi) -> None:
    api = await start_api(rate_limit_account=3, rate_limit_pair=3)
    person = await new_user(api)
    for number in range(3):
        guess = await login(api.client(address=f"192.0.2.{number}"), person.email, "a guess")
        problem(guess, 401, "invalid_credentials")
    fourth = await login(api.client(address="192.0.2.9"), person.email, "a guess")
    problem(fourth, 429, "rate_limited")


async def test_one_guesser_does_not_lock_the_owner_out(start_api: StartApi) -> None:
    api = await start_api(rate_limit_account=20, rate_limit_pair=2)
    person = await new_user(api)
    guesser = api.client(address="192.0.2.66")
    answers = [(await login(guesser, person.email, "a guess")).status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    assert (await login(api.client(address="192.0.2.1"), person.email)).status_code == 200


async def test_good_logins_are_not_counted_as_guesses(start_api: StartApi) -> None:
    api = await start_api(rate_limit_account=2, rate_limit_pair=2)
    person = await new_user(api)
    answers = [(await login(api.client(), person.email)).status_code for _ in range(4)]
    assert answers == [200] * 4


async def test_registrations_and_refreshes_are_limited_by_address(start_api: StartApi) -> None:
    api = await start_api(rate_limit_address=2)
    http = api.client(address="192.0.2.5")
    for _ in range(2):
        problem(await register(http, new_email(), "short"), 422, "password_rejected")
    problem(await register(http, new_email()), 429, "rate_limited")
    for _ in range(2):
        problem(await http.post("/v1/auth/refresh"), 401, "token_missing")
    problem(await http.post("/v1/auth/refresh"), 429, "rate_limited")


async def test_uploads_are_limited_by_user(start_api: StartApi) -> None:
    api = await start_api(rate_limit_uploads=2)
    busy, other = await new_user(api), await new_user(api)
    film = {"filename": "film.mp4", "size": 1}
    answers = [await busy.http.post("/v1/uploads", json=film) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    problem(answers[2], 429, "rate_limited")
    assert (await other.http.post("/v1/uploads", json=film)).status_code == 201


async def test_work_that_is_asked_for_is_limited_by_user(start_api: StartApi) -> None:
    api = await start_api(rate_limit_uploads=3)
    busy, other = await new_user(api), await new_user(api)
    path = f"/v1/videos/{uuid.uuid4()}"
    asked = (("cancel", None), ("retry", None), ("jobs", {"operation": "transcode"}))
    for action, body in asked:
        problem(await busy.http.post(f"{path}/{action}", json=body), 404, "not_found")
    for action, body in asked:
        problem(await busy.http.post(f"{path}/{action}", json=body), 429, "rate_limited")
    problem(await other.http.post(f"{path}/cancel"), 404, "not_found")
