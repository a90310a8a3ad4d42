"""hls.js in a real browser, on a page of another origin than the API's: redirects, ranges, CORS."""

import pytest
from playwright.async_api import Page, Response

from tests.support import browser
from tests.support.app import Api, served
from tests.support.captions import add
from tests.support.growing import Growing, finish, grow
from tests.support.player_page import page_elsewhere

# Nobody awaits that it plays: it would wait for what never comes.
_PLAY = "async (url) => { await players.hls.open(url); video.playbackRate = 3; void video.play(); }"


async def place_of(growing: Growing, address: str) -> str:
    """Return the playlist's address at a server."""
    path = (await growing.place()).removeprefix("http://framemill.test")
    return f"{address}{path}/master.m3u8"


async def until(page: Page, condition: str) -> None:
    await page.wait_for_function(condition, timeout=30_000)


def unexpected(told: list[str]) -> list[str]:
    """Return what hls.js should not have to tell.

    At three times the speed it comes to the end of what is there before the rest is made; and on a
    machine that does other work it ends a request, to ask for a smaller size.
    """
    return [each for each in told if not each.startswith(("bufferStalled", "aborted"))]


async def test_it_plays_while_the_film_is_made_and_on_to_its_end(api: Api) -> None:
    growing = await grow(api)
    async with served(api) as address, browser.started() as program:
        with page_elsewhere() as elsewhere:
            page = await program.new_page()
            sent: list[tuple[int, str | None]] = []

            def note(answer: Response) -> None:
                if "X-Amz-Signature" in answer.url:
                    sent.append((answer.status, answer.headers.get("access-control-allow-origin")))

            page.on("response", note)
            await page.goto(elsewhere)
            await page.evaluate(_PLAY, await place_of(growing, address))
            # It has no end yet, and begins at its beginning all the same.
            await until(page, "video.currentTime > 1")
            await finish(api, growing)
            await until(page, "video.ended")
            told = await page.evaluate("errors")
            lasts = await page.evaluate("video.duration")
            frames = await page.evaluate("video.getVideoPlaybackQuality().totalVideoFrames")
            await page.evaluate("video.currentTime = 3.1")
            await until(page, "!video.seeking && video.readyState >= 2")
    assert lasts == pytest.approx(7.5, abs=0.05)
    assert frames > 100
    assert unexpected(told) == []
    # The range went along to the store, and the page may read what came.
    assert set(sent) == {(206, "*")}


_CAPTIONS = """WEBVTT

00:00.500 --> 00:02.000
<i>Good</i> morning

00:05.000 --> 00:06.500
Good night
"""
# When each text is shown, in seconds of the film.
_LISTEN = """() => {
  window.shown = {};
  setInterval(() => {
    for (const track of video.textTracks)
      for (const cue of track.activeCues ?? []) {
        const times = (shown[cue.text] ??= [video.currentTime, 0]);
        times[1] = video.currentTime;
      }
  }, 10);
}"""


async def test_captions_come_at_their_times(api: Api) -> None:
    """Also of a film that grows; and hls.js needs nothing told but the list."""
    growing = await grow(api)
    await add(growing.owner, growing.video_id, text=_CAPTIONS, default=True)
    async with served(api) as address, browser.started() as program:
        with page_elsewhere() as elsewhere:
            page = await program.new_page()
            await page.goto(elsewhere)
            await page.evaluate(_PLAY, await place_of(growing, address))
            await page.evaluate(_LISTEN)
            await until(page, "video.currentTime > 1")
            await finish(api, growing)
            await until(page, "video.ended")
            shown = await page.evaluate("shown")
            told = await page.evaluate("errors")
    assert unexpected(told) == []
    # Three times as fast, on a machine that does other work: a quarter of a second is soon over.
    assert shown == {
        "<i>Good</i> morning": [pytest.approx(0.5, abs=0.6), pytest.approx(2, abs=0.6)],
        "Good night": [pytest.approx(5, abs=0.6), pytest.approx(6.5, abs=0.6)],
    }
