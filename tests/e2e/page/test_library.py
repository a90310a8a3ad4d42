"""The library and a film, as a person uses them."""

import base64
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from client import Framemill
from tests.support.browser import Person
from tests.support.page_steps import card, choose, open_film, tray, until_ready, upload_row
from tests.support.product import PASSWORD, Deployment, address_of

MakePerson = Callable[..., Awaitable[Person]]
DROP = """(bytes) => {
    const data = new DataTransfer();
    const content = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
    data.items.add(new File([content], 'Dropped.mp4', {type: 'video/mp4'}));
    for (const kind of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(
            new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


async def titles(page: Page) -> list[str]:
    return await page.get_by_role("article").get_by_role("heading").all_inner_texts()


async def test_a_film_is_dropped_anywhere(person: MakePerson, short_film: Path) -> None:
    page = (await person()).page
    await page.get_by_role("link", name="Settings").click()
    await page.evaluate(DROP, base64.b64encode(short_film.read_bytes()).decode())
    await expect(upload_row(page, "Dropped.mp4")).to_contain_text("Uploaded")
    await expect(tray(page)).to_be_visible()  # on whatever page one is
    await page.get_by_role("link", name="Library").click()
    await expect(card(page, "Dropped")).to_be_visible()


@pytest.mark.thorough("make test has it without a browser")
async def test_searching_sorting_and_scrolling(person: MakePerson, deployment: Deployment) -> None:
    somebody = await person()
    page = somebody.page
    with Framemill(address_of(deployment)) as framemill:
        framemill.login(somebody.email, PASSWORD)
        for number in range(30):
            framemill.api.create_upload(f"Film {number:02}.mp4", 1000)
    await page.reload()
    cards = page.get_by_role("article")
    await expect(cards.first).to_contain_text("Film 29")
    await page.mouse.move(600, 500)
    await page.mouse.wheel(0, 20_000)
    await expect(cards).to_have_count(30)
    await page.get_by_label("Sort").select_option(label="By title")
    await expect(cards.first).to_contain_text("Film 00")
    await page.get_by_label("Show").select_option(label="Ready")
    await expect(page.get_by_text("No matching video")).to_be_visible()
    await page.get_by_role("button", name="Show all videos").click()
    await page.get_by_role("searchbox").fill("film 07")
    await expect(cards).to_have_count(1)
    await expect(page).to_have_url(re.compile("q=film"))
    await page.reload()
    await expect(cards).to_have_count(1)
    assert await titles(page) == ["Film 07"]


async def test_a_damaged_file_says_what_happened_and_what_to_do(
    person: MakePerson, short_film: Path, tmp_path: Path
) -> None:
    page = (await person()).page
    damaged = tmp_path / "Torn.mp4"
    damaged.write_bytes(short_film.read_bytes()[:512])
    await choose(page, damaged)
    await expect(card(page, "Torn").get_by_text("Failed", exact=True)).to_be_visible()
    await open_film(page, "Torn")
    trouble = page.get_by_role("alert")
    await expect(trouble.get_by_role("code")).to_have_text(
        re.compile("^(corrupt|truncated)_media$")
    )
    await expect(trouble.get_by_role("button", name="Upload another file")).to_be_visible()


@pytest.mark.thorough("make test has it without a browser")
async def test_what_was_done_to_a_film_is_told(person: MakePerson, short_film: Path) -> None:
    page = (await person()).page
    await choose(page, short_film)
    await until_ready(page, short_film.stem)
    await open_film(page, short_film.stem)
    await page.get_by_role("button", name="Log").first.click()
    await expect(page.get_by_text("ffmpeg").first).to_be_visible()
    await page.get_by_role("button", name="Rename").click()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Another name")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Another name")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Another name")).to_be_visible()
