"""A person watches a film while it is still being made."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Person
from tests.support.page_steps import choose, open_film, upload_row
from tests.support.product import Clips
from tests.support.waiting import PATIENCE_S

MakePerson = Callable[..., Awaitable[Person]]

_LENGTH_S = 20
_NOTE = """() => {
    const video = document.querySelector('video');
    window.breaks = [];
    for (const event of ['emptied', 'error'])
        video.addEventListener(event, () => window.breaks.push(event));
}"""

_FROM_THE_BEGINNING = """() => {
    const video = document.querySelector('video');
    video.currentTime = 1;
    return video.play();
}"""


@pytest.fixture(scope="session")
def long_film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that takes a while to encode: noise does not compress."""
    return clips.make(
        tmp_path_factory.mktemp("streaming") / "A long harbour.mkv",
        *("-f", "lavfi"),
        *("-i", f"testsrc2=size=1280x720:rate=24:duration={_LENGTH_S},noise=alls=8:allf=t"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={_LENGTH_S}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "22", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac"),
    )


async def test_a_film_plays_before_it_is_ready_and_on_when_it_is(
    person: MakePerson, long_film: Path, figure: Callable[[str, object], None]
) -> None:
    page = (await person()).page
    segments: list[str] = []
    page.on("request", lambda request: segments.append(request.url))
    await choose(page, long_film)
    await expect(upload_row(page, long_film.name)).to_contain_text("Uploaded")
    await open_film(page, long_film.stem)

    # It begins by itself, and says how much of it is there.
    await _until(page, "video?.currentTime > 0.5")
    await expect(page.get_by_text("You can watch the part that is ready.")).to_be_visible()
    await page.evaluate(_NOTE)
    assert await page.evaluate("document.querySelector('video').src.startsWith('blob:')")
    await page.get_by_role("region", name=re.compile("Player")).hover()
    position = page.get_by_role("slider", name="Position")
    await expect(position).to_have_attribute("aria-valuetext", re.compile(r"of 0:20, ready up to"))

    await _until_ready(page)
    await expect(position).not_to_have_attribute("aria-valuetext", re.compile("ready up to"))
    reached = await page.evaluate("document.querySelector('video').currentTime")
    figure("watched before it was ready", f"{reached:.0f} s of {_LENGTH_S}")

    for side in (480, 720):
        await page.evaluate(_FROM_THE_BEGINNING)
        await _choose_quality(page, f"{side}p")
        await _until(page, f"video.videoHeight === {side} && !video.paused")
    await page.keyboard.press("9")
    await _until(page, "video.currentTime > 17")
    # One stream from the first second to the last: nothing was opened anew on the way.
    assert await page.evaluate("window.breaks") == []
    assert not any(re.search(r"/(720|480)p\.mp4\?", url) for url in segments)


async def test_a_film_is_watched_as_it_was_uploaded_before_the_rest_is_there(
    person: MakePerson, clips: Clips, tmp_path: Path
) -> None:
    film = clips.make(
        tmp_path / "A whole harbour.mp4",
        *("-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=24:duration={_LENGTH_S}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={_LENGTH_S}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-g", "60"),
        *("-pix_fmt", "yuv420p", "-c:a", "aac"),
    )
    page = (await person()).page
    await choose(page, film)
    await expect(upload_row(page, film.name)).to_contain_text("Uploaded")
    await open_film(page, film.stem)
    await _until(page, "video?.currentTime > 0.5")
    await page.evaluate(_NOTE)
    # All of it is there, whatever is encoded by now.
    await page.evaluate("document.querySelector('video').currentTime = 16.5")
    await _until(page, "video.currentTime > 17 && !video.seeking")
    assert await page.evaluate("document.querySelector('video').videoHeight") == 720
    await _until_ready(page)
    await expect(page.get_by_text("It is streamed as it was uploaded, too")).to_be_visible()
    for side in (480, 720):
        await page.evaluate(_FROM_THE_BEGINNING)
        await _choose_quality(page, f"{side}p")
        await _until(page, f"video.videoHeight === {side} && !video.paused")
    for place in (3.2, 15.7, 8.4):
        await page.evaluate(f"document.querySelector('video').currentTime = {place}")
        await _until(page, f"!video.seeking && video.currentTime > {place} + 0.3")
    await page.keyboard.press("9")
    await _until(page, "video.ended")
    assert await page.evaluate("window.breaks") == []


async def test_a_film_goes_on_where_it_was_left(person: MakePerson, long_film: Path) -> None:
    page = (await person()).page
    await choose(page, long_film)
    await expect(upload_row(page, long_film.name)).to_contain_text("Uploaded")
    await open_film(page, long_film.stem)
    await _until_ready(page)
    await _until(page, "video?.readyState >= 2")
    await page.keyboard.press("5")
    await page.evaluate("document.querySelector('video').play()")
    await _until(page, "video.currentTime > 11")
    await page.keyboard.press("k")
    await page.reload()
    await _until(page, "video?.readyState >= 2 && video.currentTime > 10")


async def _until_ready(page: Page) -> None:
    # Noise is hard to encode.
    await expect(page.get_by_text("Ready", exact=True).first).to_be_visible(
        timeout=2000 * PATIENCE_S
    )


async def _until(page: Page, what: str) -> None:
    await page.wait_for_function(
        f"() => {{ const video = document.querySelector('video'); return {what}; }}"
    )


async def _choose_quality(page: Page, name: str) -> None:
    await page.get_by_role("region", name=re.compile("Player")).hover()
    await page.get_by_role("button", name=re.compile("Quality")).click()
    await page.get_by_role("menuitemradio", name=re.compile(name)).click()
