"""An account at the page: an invite, a film that waits, another password, the end.

The stack is one that nobody may join without an invite, and whose worker has no room for any film.
"""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Request, expect

from client import ApiError, Framemill
from embedded import page as built
from embedded.stack import EVERYTHING, Stack
from tests.support.accessibility import is_cut_off, violations
from tests.support.components import restart, send_signal
from tests.support.page_steps import card, choose, log_in, open_film, upload_row
from tests.support.product import PASSWORD, PROJECT, address_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.thorough("a stack of its own; make test has it without a browser")

Visit = Callable[..., Awaitable[Page]]
NO_ROOM = re.compile("too little free disk space")
OTHER_PASSWORD = "a-short-ride-on-the-ferry"


@pytest.fixture(scope="module")
def cramped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    if request.config.getoption("--base-url"):
        pytest.skip("needs a stack of its own")
    extra = {
        "REGISTRATION": "invite",
        "MIN_FREE_DISK_BYTES": "1000TiB",
        "HEARTBEAT_S": "1",
        "PAGE_DIR": str(built.build()),
    }
    with Stack(tmp_path_factory.mktemp("cramped"), EVERYTHING, extra=extra) as own:
        yield own


@pytest.fixture(scope="module")
def admin(cramped: Stack) -> str:
    """Return the address of an admin, made as whoever runs the service makes one."""
    email = f"{uuid.uuid4().hex}@example.com"
    subprocess.run(
        [sys.executable, "-m", "backend.admin", "create", email],
        cwd=PROJECT,
        env=os.environ | cramped.environment,
        input=PASSWORD.encode(),
        check=True,
        capture_output=True,
        timeout=60,
    )
    return email


@pytest.fixture
def invite(cramped: Stack, admin: str, tmp_path: Path) -> str:
    """Return the code of an invite that anybody can use."""
    with Framemill(address_of(cramped), home=tmp_path / "admin") as framemill:
        framemill.login(admin, PASSWORD)
        return framemill.api.create_invite().code or ""


async def register(page: Page, email: str) -> None:
    """Fill in the form; the invite's code is there already."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def test_an_admin_invites_and_the_invited_registers_once(
    visitor: Visit, cramped: Stack, admin: str
) -> None:
    address = address_of(cramped)
    page = await visitor(width=360, address=address, path="/settings")
    await log_in(page, admin, PASSWORD)
    invites = region(page, "Invites")
    await invites.get_by_role("button", name="Invite somebody").click()
    link = await invites.get_by_text(f"{address}/register?invite=").inner_text()
    await expect(invites.get_by_role("listitem")).to_have_count(1)
    assert await violations(page) == []
    assert not await is_cut_off(page)
    await invites.get_by_role("button", name="I have sent it").click()
    await expect(page.get_by_text(link)).to_have_count(0)

    invited = await visitor(address=address, path=link)
    await register(invited, f"{uuid.uuid4().hex}@example.com")
    await expect(invited.get_by_text("Drop your videos here")).to_be_visible()
    await invited.get_by_role("link", name="Settings").click()
    await expect(region(invited, "Sessions")).to_be_visible()
    await expect(region(invited, "Invites")).to_have_count(0)

    another = await visitor(address=address, path=link)
    await register(another, f"{uuid.uuid4().hex}@example.com")
    await expect(another.get_by_text("This invite is not valid")).to_be_visible()


async def test_a_film_that_waits_says_why_wherever_it_is_shown(
    visitor: Visit, cramped: Stack, invite: str, short_film: Path
) -> None:
    page = await visitor(address=address_of(cramped), path=f"/register?invite={invite}")
    await register(page, f"{uuid.uuid4().hex}@example.com")
    await choose(page, short_film)
    title = short_film.stem
    await expect(card(page, title).get_by_text(NO_ROOM)).to_be_visible()
    await expect(upload_row(page, short_film.name).get_by_text(NO_ROOM)).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert await violations(page) == []
    await open_film(page, title)
    content = page.locator("#content")
    await expect(content.get_by_text(NO_ROOM)).to_be_visible()
    # No event tells that it changes.
    send_signal(cramped.supervisor, "worker", signal.SIGTERM)
    try:
        await expect(content.get_by_text("not encoding videos now")).to_be_visible(timeout=60_000)
    finally:
        restart(cramped.supervisor, "worker")


async def test_another_password_ends_all_other_sessions(
    visitor: Visit, cramped: Stack, invite: str
) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    page = await visitor(address=address_of(cramped), path=f"/register?invite={invite}")
    await register(page, email)
    await page.get_by_role("link", name="Settings").click()
    elsewhere = await visitor(address=address_of(cramped))
    await log_in(elsewhere, email, PASSWORD)
    await expect(elsewhere.get_by_text("Drop your videos here")).to_be_visible()
    section = region(page, "Password")
    await section.get_by_label("Current password").fill("not-the-password")
    await section.get_by_label("New password").fill(OTHER_PASSWORD)
    change = section.get_by_role("button", name="Change password")
    await change.click()
    await expect(section.get_by_text("The password is wrong")).to_be_visible()
    await section.get_by_label("Current password").fill(PASSWORD)
    await change.click()
    await expect(page.get_by_text("The password was changed")).to_be_visible()
    await expect(elsewhere.get_by_text("Your session has ended")).to_be_visible()
    await log_in(elsewhere, email, OTHER_PASSWORD)
    await expect(elsewhere.get_by_text("Drop your videos here")).to_be_visible()
    # This one is still there.
    await page.reload()
    await expect(region(page, "Sessions").get_by_role("listitem")).to_have_count(2)


async def test_the_end_of_an_account_leaves_nothing_here_or_there(
    visitor: Visit, cramped: Stack, invite: str, film: Path, tmp_path: Path
) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    path = f"/register?invite={invite}"
    page = await visitor(width=360, color_scheme="dark", address=address_of(cramped), path=path)
    await expect(page.get_by_label("Invite code")).to_have_value(invite)
    assert await violations(page) == []
    await register(page, email)
    await expect(page.get_by_text("Drop your videos here")).to_be_visible()
    # Half an upload is remembered here.
    await page.route(re.compile("partNumber="), lambda route: route.abort())
    await choose(page, film)
    await expect(upload_row(page, film.name).get_by_role("progressbar")).to_be_visible()

    async def remembers(count: int) -> bool:
        found: int = await page.evaluate(_REMEMBERED)
        return found == count

    await wait_until(lambda: remembers(1), seconds=60)
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Delete the account").click()
    question = page.get_by_role("dialog")
    await expect(question.get_by_text("All your videos are deleted")).to_be_visible()
    assert await violations(page) == []
    assert not await is_cut_off(page)
    await question.get_by_label("To confirm").fill(email)
    await question.get_by_label("Password", exact=True).fill("not-the-password")
    end = question.get_by_role("button", name="Delete the account")
    await end.click()
    await expect(question.get_by_text("The password is wrong")).to_be_visible()
    await question.get_by_label("Password", exact=True).fill(PASSWORD)
    await end.click()
    await expect(page.get_by_text("Your account is deleted")).to_be_visible()
    await wait_until(lambda: remembers(0), seconds=60)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/v1/" in request.url else None)
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert not any("refresh" in request.url for request in asked)
    with (
        Framemill(address_of(cramped), home=tmp_path / "home") as framemill,
        pytest.raises(ApiError, match="password"),
    ):
        framemill.login(email, PASSWORD)


# How many uploads are remembered in this browser.
_REMEMBERED = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("framemill-uploads");
  opening.onerror = reject;
  opening.onsuccess = () => {
    const counting = opening.result.transaction("uploads").objectStore("uploads").count();
    counting.onerror = reject;
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""
