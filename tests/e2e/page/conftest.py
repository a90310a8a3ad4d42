"""The page in a real browser against the real stack."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support import browser as browsers
from tests.support.browser import Person
from tests.support.product import PASSWORD, Clips, Deployment, page_of
from tests.support.waiting import PATIENCE_S

_PATIENCE_MS = 1000 * PATIENCE_S
Scheme = Literal["light", "dark"]

# Chosen by handles, files cannot be given by a test; browsers without handles take this way too.
_NO_HANDLES = "delete window.showOpenFilePicker"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=_PATIENCE_MS)
    async with browsers.started() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(
    browser: Browser, deployment: Deployment
) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Opens the page in a browser profile of its own; errors in it fail the test."""
    wrong: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_page(
            width: int = 1280,
            height: int = 800,
            color_scheme: Scheme | None = None,
            *,
            address: str = page_of(deployment),
            path: str = "/",
        ) -> Page:
            context = await browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                locale="en-GB",
                color_scheme=color_scheme,
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(_PATIENCE_MS)
            await context.add_init_script(_NO_HANDLES)
            context.on("weberror", lambda error: wrong.append(str(error.error)))
            page = await context.new_page()
            await page.goto(path)
            return page

        yield open_page
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def person(visitor: Callable[..., Awaitable[Page]]) -> Callable[..., Awaitable[Person]]:
    """Registers a new account in a new browser."""

    async def make(**options: object) -> Person:
        page = await visitor(**options)
        email = f"{uuid.uuid4().hex}@example.com"
        await page.get_by_role("button", name="Create an account").click()
        await page.get_by_label("Email").fill(email)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        return Person(email, page.context, page)

    return make


@pytest.fixture(scope="session")
def film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds in several parts: noise does not compress."""
    return clips.make(
        tmp_path_factory.mktemp("page") / "A noisy harbour.mp4",
        *("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=24:duration=5,noise=alls=8:allf=t"),
        *("-f", "lavfi", "-i", "sine=frequency=440:duration=5"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac"),
    )


@pytest.fixture(scope="session")
def short_film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds in one part."""
    return clips.short(tmp_path_factory.mktemp("page") / "Short.mp4")
