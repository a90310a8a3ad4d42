"""A title is text, whatever it holds, and the page runs nothing of it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from client import Framemill
from tests.support.browser import Person
from tests.support.product import PASSWORD, Deployment, address_of

pytestmark = pytest.mark.thorough("no title reaches the page but as text: a list of tries")

TITLES = [
    "<img src=x onerror=\"document.title='taken'\">",
    "<script>document.title='taken'</script>",
    "{{7*7}}${7*7}",
    "javascript:document.title='taken'",
    '"><svg onload=document.title=1>',
]


async def test_titles_are_text(
    person: Callable[..., Awaitable[Person]], deployment: Deployment
) -> None:
    somebody = await person()
    page, refused = somebody.page, []
    page.on("console", lambda line: refused.append(line.text) if "Policy" in line.text else None)
    page.on("dialog", lambda dialog: refused.append(dialog.message))
    with Framemill(address_of(deployment)) as framemill:
        framemill.login(somebody.email, PASSWORD)
        made = [
            framemill.api.create_upload("film.mp4", 1000, title=title).video_id for title in TITLES
        ]
    await page.reload()
    for title, video_id in zip(TITLES, made, strict=True):
        await expect(page.get_by_role("article").get_by_text(title, exact=True)).to_be_visible()
        film = await somebody.tab(f"/videos/{video_id}")
        await expect(film.get_by_role("heading", name=title, exact=True)).to_be_visible()
        assert await film.locator("main img[src='x'], main script, main [onload]").count() == 0
        assert "taken" not in (await film.title()).replace(title, "")
        await film.close()
    assert refused == []


async def test_what_is_not_the_pages_own_does_not_run(
    person: Callable[..., Awaitable[Person]],
) -> None:
    """The policy itself, in a browser: else nothing above would be shown by silence."""
    page = (await person()).page
    await page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            const image = document.createElement('img');
            image.setAttribute('onerror', 'window.ran = true');
            const failed = new Promise((resolve) => image.addEventListener('error', resolve));
            image.src = 'data:,x';
            document.body.append(image);
            return failed.then(() => null);
        }"""
    )
    assert await page.evaluate("window.ran === undefined")
