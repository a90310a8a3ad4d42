"""Too many of something by somebody: refused in time, and nobody else notices."""

import asyncio
import ipaddress
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from backend.auth.login import COOKIE
from backend.auth.passwords import Passwords
from core.errors import Unavailable
from tests.support.app import Api, StartApi, served
from tests.support.people import PASSWORD, login, new_email, new_user
from tests.support.problems import problem
from tests.support.sse import stream
from tests.support.uploading import begin
from tests.support.waiting import wait_until

pytestmark = pytest.mark.thorough("more requests than anybody may send")

LOGINS = 1000
_FLOOD = pytest.mark.thorough("a flood: hundreds of passwords to hash, or of streams")
WRONG = {"email": "nobody@example.com", "password": "not-the-password"}


@_FLOOD
async def test_a_thousand_logins_with_ever_other_forwarded_addresses(
    start_api: StartApi, figure: Callable[[str, object], None]
) -> None:
    api = await start_api(rate_limit_address=20, rate_limit_account=10_000)
    http, seed = api.client(address="192.0.2.1"), 7
    chosen = random.Random(seed)
    statuses: Counter[int] = Counter()
    begun = time.monotonic()
    for number in range(LOGINS):
        claimed = str(ipaddress.IPv4Address(chosen.getrandbits(32)))
        headers = {"X-Forwarded-For": claimed, "X-Real-IP": claimed, "Forwarded": f"for={claimed}"}
        body = {**WRONG, "email": f"{number}@example.com"}
        answer = await http.post("/v1/auth/login", json=body, headers=headers)
        statuses[answer.status_code] += 1
    assert set(statuses) == {401, 429}
    # The allowance, and what flows back meanwhile: one in three seconds.
    assert statuses[401] <= 20 + (time.monotonic() - begun) / 3 + 1
    figure(f"logins with rotating X-Forwarded-For (seed {seed})", dict(statuses))
    elsewhere = api.client(address="192.0.2.2")
    problem(await elsewhere.post("/v1/auth/login", json=WRONG), 401, "invalid_credentials")


async def _logins(api: Api, headers: list[list[tuple[str, str]]], peer: str) -> list[int]:
    http = api.client(address=peer)
    answers = [
        await http.post("/v1/auth/login", json={**WRONG, "email": new_email()}, headers=each)
        for each in headers
    ]
    return [answer.status_code for answer in answers]


async def test_of_what_proxies_say_the_last_word_counts(start_api: StartApi) -> None:
    api = await start_api(rate_limit_address=2, trusted_proxies="10.1.0.0/16, 192.0.2.80")
    name = "X-Forwarded-For"
    # One header with what the client claims on the left, and two of which the second is ours.
    for values in (
        ["198.51.100.{}, 203.0.113.1"],
        ["198.51.100.{}", "203.0.113.2"],
        ["198.51.100.{}, 203.0.113.3, 10.1.2.3"],
        ["10.1.2.3, 203.0.113.4:100{}"],
    ):
        claims = [[(name, value.format(n)) for value in values] for n in range(3)]
        assert await _logins(api, claims, "10.1.7.7") == [401, 401, 429], values
    # Who is no proxy of ours may say what they like.
    claims = [[(name, f"198.51.100.{n}")] for n in range(3)]
    assert await _logins(api, claims, "10.2.0.1") == [401, 401, 429]


async def test_addresses_of_one_ipv6_site_count_together(start_api: StartApi) -> None:
    api = await start_api(rate_limit_address=2)
    chosen = random.Random(1)

    async def attempt(site: str) -> int:
        host = str(ipaddress.IPv6Network(site)[chosen.getrandbits(64)])
        answer = await api.client(address=host).post("/v1/auth/login", json=WRONG)
        return answer.status_code

    assert [await attempt("2001:db8:0:1::/64") for _ in range(3)] == [401, 401, 429]
    assert await attempt("2001:db8:0:2::/64") == 401
    # An IPv4 address is one, however it is written.
    for address, status in (("192.0.2.9", 401), ("::ffff:192.0.2.9", 401), ("192.0.2.9", 429)):
        answer = await api.client(address=address).post("/v1/auth/login", json=WRONG)
        assert answer.status_code == status


@_FLOOD
@pytest.mark.parametrize(("kind", "path"), [("all", "/v1/events"), ("one", "/v1/videos/{}/events")])
async def test_five_hundred_streams_of_one_user(
    start_api: StartApi, figure: Callable[[str, object], None], kind: str, path: str
) -> None:
    api = await start_api(max_streams_per_user=20)
    greedy, other = await new_user(api), await new_user(api)
    path = path.format((await begin(greedy))["video_id"])
    own = (await begin(other))["video_id"]
    limits = httpx.Limits(max_connections=None)
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address, headers=dict(greedy.http.headers), trust_env=False, limits=limits,
            timeout=30,
        ) as http,
        AsyncExitStack() as streams,
    ):  # fmt: skip
        answers = []
        for some in range(0, 500, 50):
            asked = [
                streams.enter_async_context(http.stream("GET", path))
                for _ in range(some, some + 50)
            ]
            answers += await asyncio.gather(*asked)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 20, 429: 480}
        refused = next(answer for answer in answers if answer.status_code == 429)
        await refused.aread()
        problem(refused, 429, "rate_limited")
        figure(f"500 streams of one user, of {kind}", dict(statuses))
        # Neither the others, nor what else this one does.
        async with stream(address, f"/v1/videos/{own}/events", other.token) as events:
            assert (await events.event() or {})["id"] == own
        assert (await greedy.http.get("/v1/videos")).status_code == 200
        await streams.aclose()
        # Every slot comes back.
        await wait_until(lambda: api.services.streams.under_way[greedy.id] == 0)
        async with stream(address, path, greedy.token) as events:
            assert events.response.status_code == 200
            assert await events.event() is not None


async def test_a_stream_that_is_refused_or_ends_by_itself_keeps_no_slot(
    start_api: StartApi,
) -> None:
    api = await start_api(max_streams_per_user=1)
    person = await new_user(api)
    for _ in range(3):
        unknown = await person.http.get(f"/v1/videos/{person.id}/events")
        problem(unknown, 404, "not_found")
    async with served(api) as address:
        for _ in range(3):
            video_id = (await begin(person))["video_id"]
            path = f"/v1/videos/{video_id}"
            async with stream(address, f"{path}/events", person.token) as events:
                await events.event()
                await person.http.delete(path)
                assert await events.event(3, "deleted")
                assert await events.event(3) is None
            await wait_until(lambda: api.services.streams.under_way[person.id] == 0)


@_FLOOD
async def test_more_logins_at_once_than_can_be_hashed(
    start_api: StartApi, figure: Callable[[str, object], None]
) -> None:
    # What may wait is answered at last, however busy the machine is.
    api = await start_api(answer_s=120)
    person = await new_user(api)
    answers = await asyncio.gather(
        *(login(api.client(), new_email(), "not-the-password") for _ in range(500))
    )
    statuses = Counter(answer.status_code for answer in answers)
    figure("500 logins at once", dict(statuses))
    assert set(statuses) == {401, 503}
    assert statuses[401] >= 64
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert problem(refused, 503, "dependency_unavailable")["retryable"]
    # It is over when they are.
    assert (await login(api.client(), person.email)).status_code == 200


async def test_only_so_many_passwords_wait_for_a_thread() -> None:
    passwords = Passwords(threads=1, most_at_once=2)
    try:
        waiting = [asyncio.ensure_future(passwords.verify(PASSWORD, None)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await passwords.verify(PASSWORD, None)
        assert await asyncio.gather(*waiting) == [False, False]
        assert await passwords.verify(PASSWORD, await passwords.hash(PASSWORD))
    finally:
        passwords.close()


async def test_known_and_unknown_addresses_are_the_same_work(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, done = await new_user(api), []
    verify = Passwords._run

    async def counted(self: Passwords, call: Callable[..., object], *args: str) -> object:
        done.append((getattr(call, "__name__", ""), args[1][:30]))
        return await verify(self, call, *args)

    monkeypatch.setattr(Passwords, "_run", counted)
    problem(await login(api.client(), person.email, "wrong-password"), 401, "invalid_credentials")
    known, done[:] = list(done), []
    problem(await login(api.client(), new_email(), "wrong-password"), 401, "invalid_credentials")
    assert known == done == [("verify", "$argon2id$v=19$m=19456,t=2,p=1")]


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""},
    {"Origin": "http://framemill.test:8443"}, {"Origin": "http://framemill.test.evil.example"},
    {"Origin": "http://framemill.test@evil.example"}, {"Origin": "http://sub.framemill.test"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    {"Origin": "https://evil.example", "Referer": "http://framemill.test/"},
]  # fmt: skip


async def test_only_our_own_pages_use_the_cookie(
    api: Api, figure: Callable[[str, object], None]
) -> None:
    person, http, right = await new_user(api), api.client(), 0
    await login(http, person.email)
    for headers in FOREIGN:
        for path in ("/v1/auth/refresh", "/v1/auth/logout"):
            problem(await http.post(path, headers=headers), 403, "origin_not_allowed")
            right += 1
    figure("foreign pages with the cookie", f"{right} of {2 * len(FOREIGN)} refused")
    own: list[dict[str, str]] = [
        {}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "http://framemill.test", "Sec-Fetch-Site": "same-origin"},
        {"Origin": api.settings.allowed_origins[0], "Sec-Fetch-Site": "same-site"},
    ]  # fmt: skip
    for headers in own:
        assert (await http.post("/v1/auth/refresh", headers=headers)).status_code == 200, headers


@pytest.mark.parametrize("token", ["", " ", "x"])
async def test_a_token_in_the_body_never_stands_for_the_cookie(api: Api, token: str) -> None:
    """It would pass by the look at the page, and show the cookie's successor to scripts."""
    person, http = await new_user(api), api.client()
    await login(http, person.email)
    before = http.cookies[COOKIE]
    foreign, body = {"Origin": "https://evil.example"}, {"refresh_token": token}
    answer = await http.post("/v1/auth/refresh", json=body, headers=foreign)
    problem(answer, 401, "token_invalid")
    assert (await http.post("/v1/auth/logout", json=body, headers=foreign)).status_code == 204
    http.cookies.set(COOKIE, before)
    assert (await http.post("/v1/auth/refresh")).status_code == 200
