"""Sessions as a person with several tabs and devices meets them."""

import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Request, expect

from client import Framemill
from embedded.stack import Stack
from tests.support.browser import Person
from tests.support.components import restart, send_signal
from tests.support.page_steps import choose, log_in
from tests.support.product import PASSWORD, Deployment, address_of

MakePerson = Callable[..., Awaitable[Person]]
LIBRARY = "Drop your videos here"


async def test_logging_in_and_out(person: MakePerson) -> None:
    somebody = await person()
    page = somebody.page
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("menuitem", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await log_in(page, somebody.email, "not-the-password")
    await expect(page.get_by_role("alert")).to_contain_text("email or the password is wrong")
    await log_in(page, somebody.email, PASSWORD)
    await expect(page.get_by_text(LIBRARY)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(LIBRARY)).to_be_visible()


async def test_no_script_can_read_a_token_that_outlives_the_page(person: MakePerson) -> None:
    somebody = await person()
    stored = await somebody.page.evaluate(
        "() => JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    assert "eyJ" not in stored
    cookies = {cookie["name"]: cookie for cookie in await somebody.context.cookies()}
    refresh = cookies["framemill_refresh"]
    assert refresh["httpOnly"]
    assert refresh["sameSite"] == "Strict"


async def test_tabs_refresh_one_at_a_time(person: MakePerson) -> None:
    somebody = await person()
    refreshes: list[Request] = []
    somebody.context.on(
        "request",
        lambda request: refreshes.append(request) if "/auth/refresh" in request.url else None,
    )
    other = await somebody.tab("/activity")
    await expect(other.get_by_role("heading", name="Activity")).to_be_visible()
    # As after a night: each tab finds its token to be old, both at the same moment.
    later = "Date.now = (now => () => now() + 3600_000)(Date.now)"
    pages = [somebody.page, other]
    for page in pages:
        await page.evaluate(later)
    refreshes.clear()
    for page in pages:
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_text("This browser")).to_be_visible()
    assert len(refreshes) == 1


async def test_a_session_that_is_ended_elsewhere_ends_in_all_tabs(
    person: MakePerson, deployment: Deployment
) -> None:
    somebody = await person()
    other = await somebody.tab("/settings")
    await expect(other.get_by_text("This browser")).to_be_visible()
    with Framemill(address_of(deployment)) as elsewhere:
        elsewhere.login(somebody.email, PASSWORD)
        elsewhere.api.caller.authorized("DELETE", "/v1/auth/sessions")
    for page in (somebody.page, other):
        # Without a click: the stream of changes ends with the session.
        await expect(page.get_by_text("Your session has ended")).to_be_visible()
    await log_in(somebody.page, somebody.email, PASSWORD)
    await expect(somebody.page.get_by_text(LIBRARY)).to_be_visible()
    await expect(other.get_by_role("heading", name="Settings")).to_be_visible()


@pytest.mark.thorough("make test has all that end at once")
async def test_one_session_of_several_is_ended(person: MakePerson, deployment: Deployment) -> None:
    somebody = await person()
    with Framemill(address_of(deployment)) as elsewhere:
        elsewhere.login(somebody.email, PASSWORD)
        await somebody.page.get_by_role("link", name="Settings").click()
        rows = somebody.page.get_by_role("region", name="Sessions").get_by_role("listitem")
        await expect(rows).to_have_count(2)
        native = rows.filter(has_not_text="This browser")
        await native.get_by_role("button", name=re.compile("End the session")).click()
        await expect(rows).to_have_count(1)


@pytest.mark.thorough("make test has all that end at once")
async def test_logging_out_everywhere(person: MakePerson) -> None:
    somebody = await person()
    await somebody.page.get_by_role("link", name="Settings").click()
    await somebody.page.get_by_role("button", name="Log out everywhere").click()
    await (
        somebody.page.get_by_role("dialog").get_by_role("button", name="Log out everywhere").click()
    )
    await expect(somebody.page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.thorough("make test has the stream without a browser")
async def test_what_one_tab_does_the_other_shows(person: MakePerson, short_film: Path) -> None:
    somebody = await person()
    other = await somebody.tab()
    await expect(other.get_by_text(LIBRARY)).to_be_visible()
    await choose(somebody.page, short_film)
    film = other.get_by_role("article").filter(has_text="Short")
    await expect(film.get_by_text("Ready", exact=True)).to_be_visible()
    await film.get_by_role("button", name="More actions for Short").click()
    await other.get_by_role("menuitem", name="Rename").click()
    await other.get_by_label("New title").fill("Calm sea")
    await other.keyboard.press("Enter")
    renamed = somebody.page.get_by_role("link", name="Calm sea")
    await expect(renamed).to_be_visible()
    await other.get_by_role("button", name="More actions for Calm sea").click()
    await other.get_by_role("menuitem", name="Delete").click()
    await other.close(run_before_unload=True)
    await expect(renamed).to_have_count(0)


async def test_the_api_is_killed_and_comes_back(person: MakePerson, own_stack: Stack) -> None:
    page = (await person()).page
    send_signal(own_stack.supervisor, "api", signal.SIGKILL)
    try:
        await expect(page.get_by_text("Live updates stopped")).to_be_visible()
        # Its part of the page is not here yet: it is waited for.
        await page.get_by_role("link", name="Activity").click()
    finally:
        restart(own_stack.supervisor, "api")
    await expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    await expect(page.get_by_text("Live updates stopped")).to_have_count(0)
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_text("This browser")).to_be_visible()
