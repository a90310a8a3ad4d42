"""A real browser for tests: where it is, and how it is started."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It would look for Google's hosts at every start, and wait for them where there is no way out.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


@dataclass
class Person:
    """Somebody at a browser of their own, logged in."""

    email: str
    context: BrowserContext
    page: Page

    async def tab(self, path: str = "/") -> Page:
        """Open another tab."""
        page = await self.context.new_page()
        await page.goto(path)
        return page


def chromium() -> str:
    """Return the path of Chromium; without one the test is skipped, or fails where it must not be.

    `FRAMEMILL_BROWSER` names another program; `FRAMEMILL_REQUIRE_BROWSER=1` forbids skipping.
    """
    names = filter(None, (os.environ.get("FRAMEMILL_BROWSER"), *_NAMES))
    found = next(filter(None, map(shutil.which, names)), None)
    if found is not None:
        return found
    missing = "no Chromium on PATH (Debian: apt install chromium)"
    if os.environ.get("FRAMEMILL_REQUIRE_BROWSER"):
        pytest.fail(missing)
    pytest.skip(missing)


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    """Run a browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        try:
            yield browser
        finally:
            await browser.close()
