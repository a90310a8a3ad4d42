"""A person registers, uploads a film, sees it travel, watches it, keeps a copy, and deletes it."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.browser import Person
from tests.support.page_steps import card, choose, open_film, tray, until_ready, upload_row
from tests.support.waiting import wait_until

MakePerson = Callable[..., Awaitable[Person]]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_film_travels_from_a_drop_to_the_screen(
    person: MakePerson, film: Path, tmp_path: Path
) -> None:
    page = (await person()).page
    await expect(page.get_by_text("Drop your videos here")).to_be_visible()
    seen: set[int] = set()
    sent_parts: set[str] = set()
    page.on(
        "request",
        lambda request: (
            sent_parts.add(found[1])
            if (found := re.search(r"partNumber=(\d+)", request.url)) and request.method == "PUT"
            else None
        ),
    )
    await choose(page, film)
    await expect(upload_row(page, film.name)).to_contain_text("Uploaded")
    assert len(sent_parts) == -(-film.stat().st_size // (8 * 1024**2))

    title = film.stem
    await expect(card(page, title)).to_be_visible()
    await _watch_progress(page, title, seen)
    await until_ready(page, title)
    assert seen, "no progress was shown"
    await expect(card(page, title).locator("img")).to_be_visible()

    await open_film(page, title)
    video = page.locator("video")
    await _choose_quality(page, "480p")
    await page.keyboard.press("k")
    await page.wait_for_function(
        "() => { const v = document.querySelector('video');"
        " return v.currentTime > 1 && v.videoHeight === 480; }"
    )
    await video.evaluate("element => element.pause()")

    async with page.expect_download() as download:
        await page.get_by_role(
            "button", name=re.compile(r"Download.*original", re.IGNORECASE)
        ).click()
    copy = tmp_path / "copy.mp4"
    await (await download.value).save_as(copy)
    assert digest(copy) == digest(film)

    await page.goto("/")
    await _delete(page, title)
    await expect(card(page, title)).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(card(page, title)).to_be_visible()
    await _delete(page, title)
    # Going away ends the time to think it over.
    await page.reload()
    await expect(page.get_by_text("Drop your videos here")).to_be_visible()
    await expect(tray(page)).to_have_count(0)


async def _watch_progress(page: Page, title: str, seen: set[int]) -> None:
    bar = card(page, title).get_by_role("progressbar")

    async def look() -> bool:
        if await card(page, title).get_by_text("Ready", exact=True).count():
            return True
        if await bar.count():
            value = await bar.get_attribute("aria-valuenow", timeout=1000)
            seen.add(int(value or 0))
        return any(0 < value < 100 for value in seen)

    await wait_until(look, 60)  # noise is hard to encode, and others may be before it


async def _choose_quality(page: Page, name: str) -> None:
    await page.get_by_role("button", name=re.compile("Quality")).click()
    await page.get_by_role("menuitemradio", name=re.compile(name)).click()


async def _delete(page: Page, title: str) -> None:
    await page.get_by_role("button", name=f"More actions for {title}").click()
    await page.get_by_role("menuitem", name="Delete").click()
