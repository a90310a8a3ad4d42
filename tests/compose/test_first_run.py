"""From nothing to a film that is ready, through the published ports, as a browser goes."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.compose.browser import Browser, Refused, somebody
from tests.compose.project import Project


def test_a_film_becomes_ready(
    project: Project, browser: Browser, film: Path, figure: Callable[[str, object], None]
) -> None:
    video = browser.upload(film)
    assert video["state"] == "queued"
    began = time.monotonic()
    ended = browser.until_final(video["id"])
    figure("complete to ready of a 1080p film, in s", round(time.monotonic() - began, 1))
    assert ended["state"] == "ready", ended
    assert [each["name"] for each in ended["renditions"]] == ["720p", "480p"]
    for rendition in ended["renditions"]:
        assert rendition["url"].startswith(project.store + "/")
        part = browser.fetch("GET", rendition["url"], headers={"Range": "bytes=0-99"})
        assert (part.status_code, len(part.content)) == (206, 100)
        assert part.content[4:8] == b"ftyp"
    poster = browser.fetch("GET", ended["poster_url"])
    assert poster.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_session_outlives_the_page(project: Project, host: str) -> None:
    page, api = (each.replace("localhost", host) for each in (project.page, project.api))
    config = httpx.get(f"{page}/config.json", trust_env=False).json()
    assert config == {"api_url": api}, "the page must ask the API under its own host"
    with somebody(page, config["api_url"]) as browser:
        [cookie] = browser.http.cookies.jar
        assert (cookie.name, cookie.path) == ("framemill_refresh", "/v1/auth")
        assert not cookie.secure
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "strict"
        # localhost and 127.0.0.1 are different sites; ports make no difference.
        assert urlsplit(api).hostname == urlsplit(page).hostname
        assert browser.refresh().status_code == 200
        assert browser.call("GET", "/v1/me").status_code == 200


def test_other_pages_are_kept_out(project: Project, browser: Browser, short: Path) -> None:
    upload = browser.begin(short)
    signed = browser.call("POST", f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]})
    url = signed.json()["parts"][0]["url"]
    for origin in ("http://evil.example", project.page + "0", "http://localhost", "null"):
        stranger = Browser(origin, project.api)
        stranger.http.cookies = browser.http.cookies
        with pytest.raises(Refused):
            stranger.call("GET", "/v1/videos")
        with pytest.raises(Refused):
            stranger.fetch("PUT", url, content=short.read_bytes())
        refresh = stranger.http.post(f"{project.api}/v1/auth/refresh", headers={"Origin": origin})
        assert (refresh.status_code, refresh.json()["code"]) == (403, "origin_not_allowed")
        stranger.http.close()


def test_presigned_urls_are_checked(browser: Browser, short: Path) -> None:
    upload = browser.begin(short)
    signed = browser.call("POST", f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]})
    url = signed.json()["parts"][0]["url"]
    split = urlsplit(url)
    query = dict(parse_qsl(split.query))
    flipped = query["X-Amz-Signature"].translate(
        str.maketrans("0123456789abcdef", "f0123456789abcde")
    )
    forged = split._replace(query=urlencode({**query, "X-Amz-Signature": flipped})).geturl()
    answer = browser.http.put(forged, content=short.read_bytes())
    assert (answer.status_code, "SignatureDoesNotMatch" in answer.text) == (403, True)
    elsewhere = url.replace(urlsplit(url).path, "/framemill/somewhere-else")
    assert browser.http.put(elsewhere, content=short.read_bytes()).status_code == 403


def test_the_page_is_served_strictly(project: Project) -> None:
    with httpx.Client(base_url=project.page, trust_env=False) as http:
        for path in ("/", "/videos/some-film", "/config.json"):
            answer = http.get(path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert policy == (
                "default-src 'none'; script-src 'self'; style-src 'self'; "
                f"img-src 'self' data: blob: {project.store}; "
                f"media-src 'self' blob: {project.api} {project.store}; "
                f"connect-src 'self' {project.api} {project.store}; "
                "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'"
            )
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "nginx/" not in answer.headers["server"]
        assert http.post("/").status_code == 405
        strange = http.get("/config.json", headers={"Host": 'evil.example"; bad'})
        assert "evil" not in strange.text + str(strange.headers)


def test_the_page_is_compressed_and_cached(project: Project) -> None:
    with httpx.Client(base_url=project.page, trust_env=False) as http:
        page = http.get("/", headers={"Accept-Encoding": "identity"})
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        [script] = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
        style = re.findall(r'href="(/assets/[^"]+\.css)"', page.text)[0]
        for path, kind in ((script, "text/javascript"), (style, "text/css")):
            plain = http.get(path, headers={"Accept-Encoding": "identity"})
            for accepted, used in (
                ("gzip, deflate, br", "br"),
                ("gzip", "gzip"),
                ("gzip, br;q=0", "gzip"),
                ("identity", None),
            ):
                answer = http.head(path, headers={"Accept-Encoding": accepted})
                assert answer.headers.get("content-encoding") == used, accepted
                assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
                assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert answer.headers["vary"] == "Accept-Encoding"
                size = int(answer.headers["content-length"])
                assert size == len(plain.content) if used is None else size < len(plain.content)
        assert http.get("/assets/gone.js").status_code == 404
        assert http.get(f"{script}.br").status_code == 404
        assert http.get("/.vite/manifest.json").status_code == 404
