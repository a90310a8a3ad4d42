"""The page of a link, and what oEmbed says of it."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.app import Api, StartApi
from tests.support.growing import Growing, finish, grow
from tests.support.problems import problem

TITLE = '"><script>alert(1)</script> & \u0633\u0641\u0631'


class Page(HTMLParser):
    """What a page says in its head, and where its scripts are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.metas: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.scripts: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "meta" and (name := found.get("property") or found.get("name")):
            self.metas[name] = found["content"] or ""
        if tag == "link":
            self.links[found.get("type") or ""] = found["href"] or ""
        if tag == "script":
            self.scripts.append(found.get("src"))


async def film_of(api: Api) -> Growing:
    film = await grow(api)
    await finish(api, film)
    await film.owner.http.patch(f"/v1/videos/{film.video_id}", json={"title": TITLE})
    return film


async def share(film: Growing, **wanted: Any) -> dict[str, Any]:
    answer = await film.owner.http.post(f"/v1/videos/{film.video_id}/shares", json=wanted)
    made: dict[str, Any] = answer.json()
    return made


def policy(answer: httpx.Response) -> dict[str, str]:
    [said] = answer.headers.get_list("content-security-policy")
    return dict(each.strip().partition(" ")[::2] for each in said.split(";"))


async def test_the_page_tells_others_what_it_shows(api: Api) -> None:
    made = await share(await film_of(api))
    async with api.client() as http:
        answer = await http.get(made["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["cache-control"] == "no-store"
        page = Page(answer.text)
        assert page.scripts == ["/embed.js"]
        assert page.metas["robots"] == "noindex"
        assert page.metas["og:title"] == page.metas["twitter:title"] == TITLE
        assert page.metas["og:video"] == page.metas["twitter:player"] == made["embed_url"]
        size = [page.metas[f"og:video:{side}"] for side in ("width", "height")]
        assert size == ["640", "360"]
        poster = await http.get(page.metas["og:image"])
        assert (poster.status_code, poster.next_request is not None) == (307, True)
        told = (await http.get(page.links["application/json+oembed"])).json()
        assert told["title"] == TITLE


async def test_it_may_be_framed_by_those_that_were_named(api: Api) -> None:
    film = await film_of(api)
    free, bound = await share(film), await share(film, allowed_origins=["https://a.example"])
    async with api.client() as http:
        assert policy(await http.get(free["url"]))["frame-ancestors"] == "*"
        found = policy(await http.get(bound["url"]))
        assert found["frame-ancestors"] == "https://a.example"
        assert found["default-src"] == "'none'"
        assert found["script-src"] == found["style-src"] == "'self'"
        lost = await http.get("/embed/nothing")
        assert (lost.status_code, Page(lost.text).scripts) == (404, [])
        assert "This link does not work" in lost.text
        assert policy(lost)["default-src"] == policy(lost)["script-src"] == "'none'"


async def test_where_the_page_is_elsewhere_its_files_come_from_there(start_api: StartApi) -> None:
    api = await start_api(page_url="https://{host}:5173/")
    made = await share(await film_of(api))
    async with api.client() as http:
        for host, assets in (
            ("films.example:8000", "https://films.example:5173"),
            ("[::1]:8000", "https://[::1]:5173"),
            ("evil.example;x", "https://localhost:5173"),
            ('"><script>', "https://localhost:5173"),
        ):
            answer = await http.get(f"/embed/{made['token']}", headers={"Host": host})
            assert Page(answer.text).scripts == [f"{assets}/embed.js"]
            found = policy(answer)
            assert found["script-src"] == found["style-src"] == assets
            assert "'self'" in found["connect-src"]


async def ask(http: httpx.AsyncClient, url: str, **more: Any) -> httpx.Response:
    return await http.get("/v1/oembed", params={"url": url, **more})


async def test_oembed_gives_a_frame_within_what_was_asked_for(api: Api) -> None:
    made = await share(await film_of(api))
    async with api.client() as http:
        answer = await ask(http, made["url"])
        assert answer.headers["access-control-allow-origin"] == "*"
        told = answer.json()
        assert (told["version"], told["type"], told["title"]) == ("1.0", "video", TITLE)
        assert (told["width"], told["height"]) == (640, 360)
        frame = f'<iframe src="{re.escape(made["embed_url"])}" width="640" height="360" [^<>]*>'
        assert re.fullmatch(f"{frame}</iframe>", told["html"])
        assert told["thumbnail_url"] == f"http://framemill.test/v1/shares/{made['token']}/poster"
        for asked, size in (
            ({"maxwidth": 320}, (320, 180)),
            ({"maxheight": 90}, (160, 90)),
            ({"maxwidth": 1920, "maxheight": 1080}, (1920, 1080)),
            ({"maxwidth": 1, "maxheight": 1}, (1, 1)),
        ):
            told = (await ask(http, made["url"], **asked)).json()
            assert (told["width"], told["height"]) == size
        for same in (made["url"] + "?t=3", made["url"] + "#x"):
            assert (await ask(http, same)).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("url=https://framemill.test/embed/nothing", 404, "not_found"),
        ("url=https://framemill.test/videos/1", 404, "not_found"),
        ("url=%00", 404, "not_found"),
        ("url=x&format=xml", 501, "not_implemented"),
        ("url=x&maxwidth=0", 422, "validation_failed"),
        ("url=" + quote("x" * 2001), 422, "validation_failed"),
        ("", 422, "validation_failed"),
    ],
)
async def test_oembed_knows_links_alone(api: Api, query: str, status: int, code: str) -> None:
    async with api.client() as http:
        problem(await http.get(f"/v1/oembed?{query}"), status, code)


async def test_no_token_is_written_down(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    made = await share(await film_of(api))
    capsys.readouterr()
    async with api.client() as http:
        await http.get(made["url"])
        await http.post(f"/v1/shares/{made['token']}/playback")
        await ask(http, made["url"])
        lost = await http.get(f"/v1/shares/{made['token']}/nothing")
    written = "".join(capsys.readouterr())
    assert "/embed/***" in written
    assert "/v1/shares/***/playback" in written
    assert made["token"] not in written + lost.text
