"""hls.js and shaka-player show each picture at its time, on a page of somebody else."""

import asyncio
import hashlib
import math
import os
import random
import re
import signal
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from client import Framemill
from client.caller import json_of
from client.models import Video
from embedded.stack import Stack
from tests.support.hls_check import read_media
from tests.support.player_page import page_elsewhere
from tests.support.product import PASSWORD, Clips, Deployment, Workers, address_of
from tests.support.waiting import PATIENCE_S, patience, wait_until

pytestmark = pytest.mark.thorough("watches films in real time")

_RATE, _LENGTH_S = 24, 60
_LAST = _RATE * _LENGTH_S - 1
_SEEKS = 20
_SOME = 4  # segments of each track, when the worker dies
_LEAP_S = 0.25  # that the time in the film may be ahead of the clock with one picture
_WHILE_S = 2.0  # of the pictures that it is compared with
_AGAIN_S = 2.5 / _RATE  # which shaka shows once more where another size begins
_BITS = 11
_GERMAN = "WEBVTT\n\n00:00.000 --> 01:00.000\nGuten Tag\n"
_FRENCH = "WEBVTT\n\n00:00.000 --> 01:00.000\nBonjour\n"
PlayerName = Literal["hls", "shaka"]


def _numbered(clips: Clips, path: Path, *codec: str) -> Path:
    """Make a film whose pictures show their numbers, as `player_page.js` reads them."""
    square = "drawbox=x={x}:y=0:w=80:h=80:t=fill:color={color}"
    boxes = [
        "drawbox=x=0:y=0:w=iw:h=80:t=fill:color=black",
        square.format(x=0, color="white"),
        *(
            square.format(x=80 * (bit + 2), color="white")
            + rf":enable='gt(bitand(round(t*{_RATE}),{2**bit}),0)'"
            for bit in range(_BITS)
        ),
    ]
    picture = f"testsrc2=size=1280x720:rate={_RATE}:duration={_LENGTH_S},{','.join(boxes)}"
    return clips.make(
        path,
        *("-f", "lavfi", "-i", picture),
        *("-f", "lavfi", "-i", f"sine=frequency=300:duration={_LENGTH_S}:sample_rate=48000"),
        *("-f", "lavfi", "-i", f"sine=frequency=900:duration={_LENGTH_S}:sample_rate=48000"),
        *("-map", "0", "-map", "1", "-map", "2", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"),
        *codec,
    )


# Streamed as it is beside its encodes; or all of it encoded.
_KINDS = {
    "packaged": ("-c:v", "libx264", "-preset", "veryfast", "-g", "48", "-bf", "2"),
    "encoded": ("-c:v", "mpeg4", "-q:v", "3"),
}


@pytest.fixture(scope="module", params=_KINDS)
def film(
    request: pytest.FixtureRequest, clips: Clips, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    kind = str(request.param)
    place = tmp_path_factory.mktemp(kind) / f"{kind}.mp4"
    return _numbered(clips, place, *_KINDS[kind])


@pytest.fixture(scope="module")
def owner(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framemill]:
    with Framemill(address_of(deployment), home=tmp_path_factory.mktemp("home")) as framemill:
        email = f"{uuid.uuid4().hex}@example.com"
        framemill.register(email, PASSWORD)
        framemill.login(email, PASSWORD)
        yield framemill


@pytest.fixture(scope="module")
def ready(owner: Framemill, film: Path) -> Video:
    """A film with captions in two languages."""
    video = _uploaded(owner, film, until=_is_ready)
    for language, text in (("de", _GERMAN), ("fr", _FRENCH)):
        owner.api.add_captions(video.id, text, language, None, default=False)
    return video


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with page_elsewhere() as address:
        yield address


@dataclass
class Watched:
    """A film in a player."""

    page: Page
    player: PlayerName

    async def do(self, word: str, *given: object) -> Any:
        return await self.page.evaluate(
            "([player, word, given]) => players[player][word](...given)",
            [self.player, word, list(given)],
        )

    async def until(self, condition: str, argument: object = None) -> None:
        await self.page.wait_for_function(condition, arg=argument, timeout=1000 * PATIENCE_S)

    async def shows(self, number: int) -> None:
        """Go to a picture and see it; once more, if a busy browser has not drawn it."""
        there = "wanted => !video.seeking && video.readyState >= 2 && number() === wanted"
        for is_last in (False, False, True):
            time = (number + 0.5) / _RATE
            await self.page.evaluate("time => { video.currentTime = time }", time)
            try:
                await self.until(there, number)
            except PlaywrightTimeoutError:
                if is_last:
                    raise
            else:
                return

    async def to_the_end(self) -> None:
        timeout = 1000 * patience(_LENGTH_S)
        await self.page.wait_for_function("() => video.ended", timeout=timeout)


async def _open(page: Page, elsewhere: str, player: PlayerName, address: str) -> Watched:
    await page.goto(elsewhere)
    watched = Watched(page, player)
    await watched.do("open", address)
    return watched


def _uploaded(framemill: Framemill, film: Path, *, until: Callable[[Video], bool]) -> Video:
    """Upload a film; return it as soon as a condition holds of it."""
    video = framemill.upload(film)
    return next(each for each in framemill.watch(video.id) if until(each))


def _is_ready(video: Video) -> bool:
    assert video.state in {"queued", "processing", "ready"}, video.failure
    return video.state == "ready"


def _log_of(framemill: Framemill, video: Video) -> str:
    """Return the log of a video's last job."""
    found = json_of(framemill.api.caller.authorized("GET", f"/v1/videos/{video.id}/jobs"))
    return httpx.get(found["items"][0]["log_url"], trust_env=False).raise_for_status().text


async def _address(framemill: Framemill, video: Video, player: PlayerName) -> str:
    found = await asyncio.to_thread(framemill.api.playback, video.id)
    address = found.hls_url if player == "hls" else found.dash_url
    assert address
    return address


def _see(seen: list[list[float]], rate: int = 1) -> None:
    """See that each picture was shown at its time, and that the time went on evenly."""
    assert len(seen) > 10
    for time, number, _, _, late in seen:
        # The picture on the screen may be one of the next by the time it is looked at.
        most = rate + math.ceil(late * rate * _RATE)
        assert 0 <= number - round(time * _RATE) <= most, f"{number} at {time}, {late} s late"
    # How far the film is ahead of the clock. Where a size begins, a picture may be late and the
    # next one is not: so it is compared with those of a while, too.
    ahead = [time - rate * shown for time, _, _, shown, _ in seen]
    for place, (before, after) in enumerate(pairwise(seen)):
        recent = [at for at in range(place + 1) if seen[at][3] >= after[3] - _WHILE_S] or [place]
        leap = ahead[place + 1] - max(ahead[at] for at in recent)
        assert after[0] - before[0] >= -_AGAIN_S, f"from {before} to {after}"
        assert leap <= _LEAP_S, f"{leap} s from {before} to {after}"


@pytest.mark.parametrize("player", ["hls", "shaka"])
async def test_any_frame_can_be_looked_for(
    visitor: Callable[..., Awaitable[Page]], owner: Framemill, ready: Video, elsewhere: str,
    player: PlayerName, seed: int,
) -> None:  # fmt: skip
    page = await visitor()
    watched = await _open(page, elsewhere, player, await _address(owner, ready, player))
    await watched.until("() => video.readyState >= 2")
    assert {480, 720} <= set(await watched.do("sizes"))
    for number in [*random.Random(seed).sample(range(_LAST), _SEEKS), _LAST]:
        await watched.shows(number)
    assert await page.evaluate("told") == []


async def test_what_is_seen_and_heard_changes_without_a_jump(
    visitor: Callable[..., Awaitable[Page]], owner: Framemill, ready: Video, elsewhere: str
) -> None:
    page = await visitor()
    watched = await _open(page, elsewhere, "hls", await _address(owner, ready, "hls"))
    await page.evaluate("watch(); video.play()")
    await watched.until("() => seen.length")
    for height in (480, 720, 480):
        await watched.do("choose", height)
        await watched.until("height => video.videoHeight === height", height)
        for language, words in (("de", "Guten Tag"), ("fr", "Bonjour")):
            await watched.do("read", language)
            await watched.until(
                "words => JSON.stringify(cues()) === JSON.stringify([words])", words
            )
        other = "de" if await watched.do("heard") == "en" else "en"
        await watched.do("hear", other)
        await watched.until("other => players.hls.heard() === other", other)
    _see(await page.evaluate("seen"))
    assert await page.evaluate("told") == []


@pytest.mark.parametrize("player", ["hls", "shaka"])
async def test_a_film_is_watched_from_its_first_segment_to_its_end(
    visitor: Callable[..., Awaitable[Page]], owner: Framemill, elsewhere: str, film: Path,
    player: PlayerName,
) -> None:  # fmt: skip
    """It is opened while it is made, and the list ends while it is watched."""
    page = await visitor()
    video = await asyncio.to_thread(_uploaded, owner, film, until=lambda each: bool(each.playable))
    found = await asyncio.to_thread(owner.api.playback, video.id)
    assert (found.dash_url, bool(found.hls_url)) == (None, True)  # it is being made
    watched = await _open(page, elsewhere, player, str(found.hls_url))
    await page.evaluate("watch(); video.playbackRate = 2; video.play()")
    await watched.to_the_end()
    seen = await page.evaluate("seen")
    # It has ended. At this pace a busy machine shows not every picture, for some seconds of it.
    assert seen[0][1] < _RATE / 2
    assert seen[-1][1] > _LAST - 4 * _RATE
    _see(seen, rate=2)
    assert await page.evaluate("told") == []


async def test_who_watches_goes_on_when_a_worker_dies(
    browser: Browser, unmanned: Stack, workers: Workers, elsewhere: str, clips: Clips,
    somebody: Callable[[Deployment], Framemill], tmp_path: Path,
) -> None:  # fmt: skip
    """What was listed stays as it was, and the next worker's segments follow it."""
    film = _numbered(clips, tmp_path / "film.mp4", *_KINDS["encoded"])
    framemill = somebody(unmanned)
    first = workers.start()
    video = await asyncio.to_thread(
        _uploaded, framemill, film, until=lambda each: bool(each.playable)
    )
    found = await asyncio.to_thread(framemill.api.playback, video.id)
    page = await browser.new_page()
    watched = await _open(page, elsewhere, "hls", str(found.hls_url))
    await page.evaluate("watch(); video.playbackRate = 2; video.play()")
    place = str(found.hls_url).removesuffix("master.m3u8")
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as http:

        async def lists() -> dict[str, str]:
            names = ("720p", "480p", "audio")
            return {name: (await http.get(f"{place}{name}.m3u8")).text for name in names}

        async def parts(of: dict[str, str]) -> list[str]:
            """Return what the segments of lists are, as their players read them."""
            found = []
            for name, text in of.items():
                for part in read_media(text).parts:
                    last = part.offset + part.size - 1
                    headers = {"Range": f"bytes={part.offset}-{last}"}
                    answer = await http.get(f"{place}{part.address}", headers=headers)
                    assert len(answer.content) == part.size, (name, part)
                    found.append(hashlib.sha256(answer.content).hexdigest())
            return found

        async def has_some() -> bool:
            return all(len(read_media(text).parts) >= _SOME for text in (await lists()).values())

        await wait_until(has_some)
        os.kill(first.pid, signal.SIGKILL)
        before = await lists()
        assert all("ENDLIST" not in text for text in before.values())
        segments = await parts(before)
        workers.start()
        await watched.to_the_end()
        after = await lists()
        assert {
            name: text.startswith(before[name]) for name, text in after.items()
        } == dict.fromkeys(after, True)
        assert await parts(before) == segments
    seen = await page.evaluate("seen")
    assert seen[-1][1] > _LAST - 4 * _RATE
    _see(seen, rate=2)
    assert await page.evaluate("told") == []
    await page.close()
    await asyncio.to_thread(lambda: [*framemill.watch(video.id)])
    log = await asyncio.to_thread(_log_of, framemill, video)
    # What was stored was not encoded again; but the last of it, which shows that the rest fits.
    begun = re.search(r"pictures go on at segment (\d+)", log)
    assert begun, log
    assert int(begun[1]) >= _SOME - 1
