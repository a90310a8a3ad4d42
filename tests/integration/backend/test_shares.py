"""Links: made, listed and ended by their owner; whoever has one can watch."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, select, update

from backend.shares.links import MOST
from control.expired_shares import forget_expired
from core.model.ids import new_id
from core.model.tables import Share
from core.tasks import fair_order
from core.videos import lifecycle
from core.videos.shares import KEEP_EXPIRED
from tests.support.app import Api, StartApi, bearer
from tests.support.growing import Growing, finish, grow
from tests.support.people import PASSWORD, Person, new_user
from tests.support.problems import problem
from tests.support.tables import someone_waits
from tests.support.uploading import uploaded
from tests.support.waiting import wait_until

SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def complete(api: Api) -> Growing:
    film = await grow(api)
    await finish(api, film)
    return film


async def share(film: Growing, **wanted: Any) -> dict[str, Any]:
    answer = await film.owner.http.post(f"/v1/videos/{film.video_id}/shares", json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(film: Growing, **query: Any) -> dict[str, Any]:
    answer = await film.owner.http.get(f"/v1/videos/{film.video_id}/shares", params=query)
    page: dict[str, Any] = answer.json()
    return page


async def watch(http: httpx.AsyncClient, token: str, **more: Any) -> httpx.Response:
    return await http.post(f"/v1/shares/{token}/playback", **more)


async def expire(api: Api, share_id: str, ago: timedelta = timedelta()) -> None:
    past = func.now() - ago - timedelta(seconds=1)
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Share).where(Share.id == uuid.UUID(share_id)).values(expires_at=past)
        )


async def test_whoever_has_the_link_watches(api: Api) -> None:
    film = await complete(api)
    made = await share(film, expires_at=SOON)
    assert made["url"] == made["embed_url"] == f"http://framemill.test/embed/{made['token']}"
    assert len(made["token"]) >= 22  # 128 bits
    assert await listed(film) == {"items": [made], "next_cursor": None}
    async with api.client() as http:
        answer = await watch(http, made["token"])
        assert answer.status_code == 201, answer.text
        found = answer.json()
        video = (await film.owner.http.get(f"/v1/videos/{film.video_id}")).json()
        assert found["title"] == video["title"]
        assert found["tracks"] == video["tracks"]
        assert (found["width"], found["height"]) == (1280, 720)
        assert found["mp4"] == []
        assert datetime.fromisoformat(found["expires_at"]) <= datetime.fromisoformat(SOON)
        for name in ("master.m3u8", "720p.m3u8"):
            place = found["hls_url"].replace("master.m3u8", name)
            assert (await http.get(place)).text.startswith("#EXTM3U")
        assert (await http.get(found["dash_url"])).status_code == 200


async def test_it_grows_while_the_film_is_made_and_shows_the_newest_job(api: Api) -> None:
    film = await grow(api)
    made = await share(film)
    async with api.client() as http:
        growing = (await watch(http, made["token"])).json()
        assert growing["dash_url"] is None
        assert "ENDLIST" not in (await http.get(growing["hls_url"].replace("master", "720p"))).text
        await finish(api, film)
        whole = (await watch(http, made["token"])).json()
        assert "ENDLIST" in (await http.get(whole["hls_url"].replace("master", "720p"))).text


async def test_what_cannot_be_watched_yet_can_be_shared(api: Api) -> None:
    owner = await new_user(api)
    video = await uploaded(owner)
    made = (await owner.http.post(f"/v1/videos/{video['id']}/shares")).json()
    async with api.client() as http:
        problem(await watch(http, made["token"]), 409, "invalid_state")


async def test_an_ended_link_opens_nothing(api: Api) -> None:
    film = await complete(api)
    kept, ended, late = [await share(film) for _ in range(3)]
    async with api.client() as http:
        places = [(await watch(http, each["token"])).json()["hls_url"] for each in (ended, late)]
        stays = (await watch(http, kept["token"])).json()["hls_url"]
        gone = await film.owner.http.delete(f"/v1/videos/{film.video_id}/shares/{ended['id']}")
        assert gone.status_code == 204
        await expire(api, late["id"])
        for each, place in zip((ended, late), places, strict=True):
            problem(await watch(http, each["token"]), 404, "not_found")
            problem(await http.get(place), 403, "playback_expired")
        assert (await http.get(stays)).status_code == 200
    again = await film.owner.http.delete(f"/v1/videos/{film.video_id}/shares/{ended['id']}")
    problem(again, 404, "not_found")
    assert [each["id"] for each in (await listed(film))["items"]] == [late["id"], kept["id"]]


async def test_logging_out_ends_no_link_but_deleting_the_film_does(api: Api) -> None:
    film = await complete(api)
    made = await share(film)
    async with api.client() as http:
        place = (await watch(http, made["token"])).json()["hls_url"]
        await film.owner.http.delete("/v1/auth/sessions")
        assert (await http.get(place)).status_code == 200
        login = await http.post(
            "/v1/auth/login", json={"email": film.owner.email, "password": PASSWORD}
        )
        headers = bearer(login.json()["access_token"])
        gone = await http.delete(f"/v1/videos/{film.video_id}", headers=headers)
        assert gone.status_code == 204
        problem(await http.get(place), 403, "playback_expired")
        problem(await watch(http, made["token"]), 404, "not_found")
    async with api.services.db.autocommit() as connection:
        left = select(func.count()).where(Share.video_id == film.video_id)
        assert await connection.scalar(left) == 0


async def test_closing_the_account_ends_its_links_at_once(api: Api) -> None:
    film = await complete(api)
    made = await share(film)
    async with api.client() as http:
        place = (await watch(http, made["token"])).json()["hls_url"]
        closed = await film.owner.http.post("/v1/me/delete", json={"password": PASSWORD})
        assert closed.status_code == 204
        problem(await watch(http, made["token"]), 404, "not_found")
        problem(await http.get(place), 403, "playback_expired")


async def test_other_pages_than_the_allowed_are_refused(api: Api) -> None:
    film = await complete(api)
    made = await share(film, allowed_origins=["HTTPS://Example.com:443/", "http://[::1]:8080"])
    assert made["allowed_origins"] == ["https://example.com", "http://[::1]:8080"]
    refused = ("https://evil.example", "http://example.com", "https://example.com.evil.example",
               "null", "http://[", "https://evil.framemill.test")  # fmt: skip
    async with api.client() as http:
        for origin in refused:
            answer = await watch(http, made["token"], headers={"Origin": origin})
            problem(answer, 403, "origin_not_allowed")
        # Our own page is in the frame; a program has no origin.
        for good in ("https://example.com", "http://framemill.test", None):
            answer = await watch(http, made["token"], headers={"Origin": good} if good else {})
            assert answer.status_code == 201
            assert answer.headers["access-control-allow-origin"] == "*"
        free = await share(film)
        for origin in refused:
            answer = await watch(http, free["token"], headers={"Origin": origin})
            assert answer.status_code == 201


async def test_files_are_given_only_where_the_owner_wants_it(api: Api) -> None:
    film = await complete(api)
    shown, given = await share(film), await share(film, download=True)
    async with api.client() as http:
        answer = await watch(http, shown["token"], json={"download": True})
        problem(answer, 403, "download_not_allowed")
        files = (await watch(http, given["token"], json={"download": True})).json()["mp4"]
        assert [file["name"] for file in files] == ["720p", "480p"]
        assert "attachment" in files[0]["url"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2090-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "soon"}, "/expires_at"),
        ({"allowed_origins": ["example.com"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://example.com/path"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://*.example.com"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://a.example; script-src *"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://user@a.example"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://a.example:99999"]}, "/allowed_origins"),
        ({"allowed_origins": ["https://[::1"]}, "/allowed_origins"),
        ({"allowed_origins": ["javascript:alert(1)"]}, "/allowed_origins"),
        ({"allowed_origins": [f"https://{n}.example" for n in range(21)]}, "/allowed_origins"),
        ({"title": "x"}, "/title"),
    ],
)
async def test_what_makes_no_link_is_told(api: Api, body: dict[str, Any], pointer: str) -> None:
    owner = await new_user(api)
    answer = await owner.http.post(f"/v1/videos/{uuid.uuid4()}/shares", json=body)
    told = problem(answer, 422, "validation_failed")
    assert [each["pointer"] for each in told["errors"]] == [pointer]


async def test_somebody_elses_links_are_not_there(api: Api) -> None:
    film, other = await grow(api), await grow(api)
    made = await share(film)
    place = f"/v1/videos/{film.video_id}/shares"
    problem(await other.owner.http.get(place), 404, "not_found")
    problem(await other.owner.http.post(place), 404, "not_found")
    problem(await other.owner.http.delete(f"{place}/{made['id']}"), 404, "not_found")
    # Nor by a video of one's own.
    by_own = f"/v1/videos/{other.video_id}/shares/{made['id']}"
    problem(await other.owner.http.delete(by_own), 404, "not_found")
    assert (await listed(film))["items"] == [made]


async def test_a_key_makes_one_link(api: Api) -> None:
    film, second = await grow(api), await grow(api)

    async def ask(of: Growing, owner: Person, **body: Any) -> httpx.Response:
        place = f"/v1/videos/{of.video_id}/shares"
        return await owner.http.post(place, json=body, headers={"Idempotency-Key": "one"})

    first = (await ask(film, film.owner)).json()
    assert (await ask(film, film.owner)).json() == first
    problem(await ask(film, film.owner, download=True), 422, "idempotency_key_reused")
    problem(await ask(second, film.owner), 422, "idempotency_key_reused")
    assert (await ask(second, second.owner)).json()["video_id"] == str(second.video_id)
    await film.owner.http.delete(f"/v1/videos/{film.video_id}/shares/{first['id']}")
    problem(await ask(film, film.owner), 409, "idempotency_result_gone")


async def test_a_film_has_so_many_links_even_when_two_ask_at_once(api: Api) -> None:
    film = await grow(api)
    rows = [
        {"id": new_id(), "video_id": film.video_id, "token": f"{film.video_id}{n}",
         "allowed_origins": [], "download": False} for n in range(MOST - 1)
    ]  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(Share).values(rows))
    place = f"/v1/videos/{film.video_id}/shares"
    answers = await asyncio.gather(*(film.owner.http.post(place) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    problem(next(each for each in answers if each.status_code == 409), 409, "too_many_shares")
    seen, cursor = 0, None
    while True:
        page = await listed(film, limit=40, **({"cursor": cursor} if cursor else {}))
        seen, cursor = seen + len(page["items"]), page["next_cursor"]
        if cursor is None:
            break
    assert seen == MOST


async def test_of_links_that_expired_no_more_are_kept_than_can_work(api: Api) -> None:
    film = await grow(api)
    ago = datetime.now(UTC) - timedelta(minutes=1)
    rows = [
        {"id": new_id(), "video_id": film.video_id, "token": f"{film.video_id}{n}",
         "allowed_origins": [], "download": False, "expires_at": ago} for n in range(MOST + 3)
    ]  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(Share).values(rows))
    made = await share(film)
    async with api.services.db.autocommit() as connection:
        of_film = select(Share.id).where(Share.video_id == film.video_id)
        left = set((await connection.scalars(of_film)).all())
    assert left == {*(row["id"] for row in rows[3:]), uuid.UUID(made["id"])}


async def test_it_is_made_beside_what_is_queued_for_its_film(api: Api) -> None:
    """Both lock the film and its owner: in one order."""
    film, db = await grow(api), api.services.db
    async with db.begin() as tx:
        await lifecycle.lock(tx, film.video_id)
        asking = asyncio.create_task(share(film))
        await wait_until(lambda: someone_waits(db))
        await fair_order.assign(tx, film.work.user_id)
    assert (await asking)["token"]


async def test_a_link_that_expired_long_ago_is_forgotten(api: Api) -> None:
    film = await grow(api)
    old, late, lasting = [await share(film) for _ in range(3)]
    await expire(api, late["id"])
    await expire(api, old["id"], KEEP_EXPIRED)
    await forget_expired(api.services.db)
    assert [each["id"] for each in (await listed(film))["items"]] == [lasting["id"], late["id"]]


async def test_an_address_that_asks_too_often_waits(start_api: StartApi) -> None:
    api = await start_api(rate_limit_shares=(most := 2))
    async with api.client(address="203.0.113.77") as http:
        await api.services.rate_limits.take("shares", most, "203.0.113.77", most)
        for path in ("/v1/shares/x/poster", "/embed/x", "/v1/oembed?url=x"):
            problem(await http.get(path), 429, "rate_limited")
        problem(await watch(http, "x"), 429, "rate_limited")
    async with api.client(address="203.0.113.78") as http:
        problem(await watch(http, "x"), 404, "not_found")


async def test_a_page_of_any_origin_may_ask(api: Api) -> None:
    async with api.client() as http:
        for path in ("/v1/shares/x/playback", "/v1/oembed"):
            answer = await http.options(path, headers={"Origin": "https://any.example"})
            assert answer.status_code == 204
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "POST" in answer.headers["access-control-allow-methods"]
        # What is refused before any route is looked for, too.
        large = await http.post("/v1/shares/x/playback", content=b"x" * (1 << 20 | 1))
        problem(large, 413, "payload_too_large")
        assert large.headers["access-control-allow-origin"] == "*"
