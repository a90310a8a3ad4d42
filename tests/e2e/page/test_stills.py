"""A person sees small pictures of a film where they look for a place, and chooses its poster."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import expect

from tests.support.browser import Person
from tests.support.page_steps import choose, open_film, until_ready
from tests.support.product import Clips
from tests.support.waiting import PATIENCE_S

MakePerson = Callable[..., Awaitable[Person]]


async def test_the_storyboard_and_the_poster(
    person: MakePerson, clips: Clips, tmp_path: Path
) -> None:
    film = clips.short(tmp_path / "Tiles.mp4", seconds=4, size="320x180")
    page = (await person()).page
    await choose(page, film)
    await until_ready(page, film.stem)
    await open_film(page, film.stem)
    await page.get_by_role("region", name=re.compile("Player")).hover()
    bar = await page.get_by_role("slider", name="Position").bounding_box()
    assert bar is not None
    x, y = bar["x"] + bar["width"] * 0.6, bar["y"] + bar["height"] / 2
    # Twice: the first time may be what has it loaded.
    await page.mouse.move(x, y)
    sheet = page.locator("img[src*='/storyboard/0.jpg']")
    await expect(sheet).to_be_attached()
    # Four tiles; the third of them stands from 2 to 3 s.
    await page.wait_for_function(
        "e => e.complete && e.naturalWidth", arg=await sheet.element_handle()
    )
    assert await sheet.evaluate("e => [e.naturalWidth, e.naturalHeight]") == [640, 90]
    assert await sheet.evaluate("e => e.style.left") == "-320px"
    await page.mouse.move(x, 0)
    await expect(sheet).to_have_count(0)

    before = await page.locator("video").get_attribute("poster")
    assert before is not None
    await page.get_by_role("region", name=re.compile("Player")).hover()
    await page.get_by_role("button", name="Use this picture as poster").click()
    await expect(page.locator("video")).not_to_have_attribute(
        "poster", re.compile(re.escape(before.partition("?")[0])), timeout=1000 * PATIENCE_S
    )
    chosen = await page.locator("video").get_attribute("poster")
    assert chosen is not None
    answer = await page.request.get(chosen)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
