"""What a person does at the page, and what they see."""

import re
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.support.waiting import PATIENCE_S


async def log_in(page: Page, email: str, password: str) -> None:
    """Fill in the form that is there, and send it."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Log in").click()


async def choose(page: Page, *files: Path) -> None:
    """Upload files by the button at the top."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("banner").get_by_role("button", name="Upload").click()
    await (await chooser.value).set_files([str(file) for file in files])


def tray(page: Page) -> Locator:
    """The uploads at the bottom right."""
    return page.get_by_role("region", name="Uploads")


def upload_row(page: Page, name: str) -> Locator:
    """One upload in the tray."""
    return tray(page).get_by_role("listitem").filter(has_text=name)


async def uploaded_percent(row: Locator) -> float:
    """How far an upload is, as it shows itself; 0 before it has a bar."""
    bar = row.get_by_role("progressbar")
    if await bar.count() == 0:
        return 0
    return float(await bar.get_attribute("aria-valuenow") or 0)


def card(page: Page, title: str) -> Locator:
    """One film of the library."""
    return page.get_by_role("article").filter(has=page.get_by_role("link", name=title))


async def until_ready(page: Page, title: str) -> None:
    """Wait until a film of the library says that it is ready."""
    await expect(card(page, title).get_by_text("Ready", exact=True)).to_be_visible(
        timeout=1000 * PATIENCE_S
    )


async def open_film(page: Page, title: str) -> None:
    """Go from the library to a film."""
    await card(page, title).get_by_role("link", name=title).click()
    await expect(page).to_have_url(re.compile(r"/videos/[0-9a-f-]{36}$"))
