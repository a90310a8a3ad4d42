"""Somebody without an account watches a film by its link: as a page, and within other pages."""

import asyncio
import re
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Frame, Page, expect

from client import Framemill
from client.cli import main
from client.models import Video
from tests.support.accessibility import violations
from tests.support.product import PASSWORD, Deployment, address_of, until_final

Visitor = Callable[..., Awaitable[Page]]


@dataclass(frozen=True)
class Shown:
    owner: Framemill
    home: Path
    video: Video


@pytest.fixture(scope="module")
def shown(
    deployment: Deployment, short_film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("home")
    with Framemill(address_of(deployment), home=home, remember=True) as owner:
        email = f"{uuid.uuid4().hex}@example.com"
        owner.register(email, PASSWORD)
        owner.login(email, PASSWORD)
        video = owner.upload(short_film, title='</script><script>alert("hi")</script>')
        yield Shown(owner, home, until_final(owner, video))


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[Callable[[str], str]]:
    """Serves a page of another origin that shows an address in a frame; returns its own address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            src = self.path.partition("?")[2]
            frame = f'<!doctype html><iframe src="{src}" width="640" height="360"></iframe>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(frame.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield lambda src: f"http://127.0.0.1:{server.server_port}/?{src}"
    await asyncio.to_thread(server.shutdown)
    server.server_close()
    thread.join()


async def test_a_link_opens_a_page_with_the_player_alone(shown: Shown, visitor: Visitor) -> None:
    share = await asyncio.to_thread(shown.owner.share, shown.video.id)
    for width in (1280, 360):
        page = await visitor(width=width, path=share.url)
        await expect(page.locator("video")).to_be_visible()
        assert await page.title() == shown.video.title
        assert await violations(page) == []
        await page.keyboard.press("k")
        await _plays(page)
    told = await page.locator('link[type="application/json+oembed"]').get_attribute("href")
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        oembed = (await http.get(str(told))).json()
        poster = await http.get(oembed["thumbnail_url"])
    assert (oembed["width"], oembed["height"]) == (640, 480)
    assert poster.headers["content-type"] == "image/jpeg"


async def test_other_pages_show_it_where_the_owner_lets_them(
    shown: Shown, visitor: Visitor, elsewhere: Callable[[str], str]
) -> None:
    owner, video_id = shown.owner, shown.video.id
    origin = elsewhere("").removesuffix("/?")
    for origins, is_shown in (
        ((), True),
        ((origin,), True),
        (("https://films.example",), False),
    ):
        share = await asyncio.to_thread(owner.share, video_id, allowed_origins=origins)
        page = await visitor(path=elsewhere(share.embed_url))
        [frame] = page.main_frame.child_frames
        await frame.wait_for_load_state()
        if is_shown:
            await expect(frame.locator("video")).to_be_visible()
            await page.locator("iframe").click()
            await _plays(frame)
        else:
            # The browser shows a page of its own in its place.
            assert frame.url.startswith("chrome-error://")
            assert await frame.locator("video").count() == 0


async def test_an_ended_link_says_so(
    shown: Shown, visitor: Visitor, deployment: Deployment
) -> None:
    share = await asyncio.to_thread(shown.owner.share, shown.video.id)
    await asyncio.to_thread(shown.owner.unshare, shown.video.id, share.id)
    for place in (share.url, f"{address_of(deployment)}/embed/nothing"):
        page = await visitor(path=place)
        await expect(page.get_by_role("heading")).to_have_text("This link does not work")


def test_the_command_shares(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRAMEMILL_HOME", str(shown.home))
    video_id, origin = shown.video.id, "https://films.example"
    assert main(["share", video_id, "--expires", "7d", "--origin", origin, "--download"]) == 0
    link = capsys.readouterr().out.strip()
    [share] = [each for each in shown.owner.shares(video_id) if each.url == link]
    assert share.expires_at is not None
    assert timedelta(days=6.9) < share.expires_at - datetime.now(UTC) <= timedelta(days=7)
    assert (share.allowed_origins, share.download) == ((origin,), True)
    assert main(["shares", video_id]) == 0
    assert re.search(rf"{origin} +{link}\n", capsys.readouterr().out)
    assert main(["share", video_id, "--origin", "films.example"]) == 1
    assert "An origin looks like https://example.com" in capsys.readouterr().err
    assert main(["unshare", video_id, share.id]) == 0
    assert main(["unshare", video_id, share.id]) == 1
    assert link not in {each.url for each in shown.owner.shares(video_id)}


async def _plays(page: Page | Frame) -> None:
    await page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.3")
