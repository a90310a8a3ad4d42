"""An upload that is cut off goes on where it was, and sends nothing twice that arrived."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, Request, expect

from client import Framemill
from tests.support.browser import Person
from tests.support.page_steps import card, choose, upload_row, uploaded_percent
from tests.support.product import PASSWORD, Deployment, address_of
from tests.support.waiting import wait_until

MakePerson = Callable[..., Awaitable[Person]]
PART = 8 * 1024**2
CONNECTIONS = 4


class Sent:
    """The parts that a page has begun to send, and those of them that arrived, until `stop`."""

    def __init__(self, page: Page) -> None:
        self.begun: list[int] = []
        self.arrived: list[int] = []
        self.uploads: set[str] = set()
        self._page = page
        page.on("request", self._begin)
        page.on("requestfinished", self._arrive)

    def stop(self) -> None:
        self._page.remove_listener("request", self._begin)
        self._page.remove_listener("requestfinished", self._arrive)

    def _begin(self, request: Request) -> None:
        self.begun += self._part(request)
        self.uploads.update(re.findall(r"/v1/uploads/([0-9a-f-]{36})/parts", request.url))

    def _arrive(self, request: Request) -> None:
        self.arrived += self._part(request)

    def _part(self, request: Request) -> list[int]:
        found = re.search(r"partNumber=(\d+)", request.url)
        return [int(found[1])] if found and request.method == "PUT" else []


class Line:
    """The network of a page, as the browser pretends it to be."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def carries(self, bytes_a_second: int, *, offline: bool = False) -> None:
        await self._session.send(
            "Network.emulateNetworkConditions",
            {"offline": offline, "latency": 0, "downloadThroughput": -1,
             "uploadThroughput": bytes_a_second},
        )  # fmt: skip


async def slow_down(page: Page, bytes_a_second: int) -> Line:
    """Let the page send no faster."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    line = Line(session)
    await line.carries(bytes_a_second)
    return line


def held_by_s3(deployment: Deployment, email: str, upload_id: str) -> set[int]:
    """The parts that the store has of an upload, told by the API, which asks it each time."""
    with Framemill(address_of(deployment)) as framemill:
        framemill.login(email, PASSWORD)
        return {part.number for part in framemill.api.upload(upload_id).parts}


@pytest.fixture(scope="session")
def large_film(short_film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short film with room at its end: an MP4 may hold boxes that say they are free."""
    path = tmp_path_factory.mktemp("large") / "A long harbour.mp4"
    padding = max(0, 10 * PART - short_film.stat().st_size)
    box = (padding + 8).to_bytes(4) + b"free"
    path.write_bytes(short_film.read_bytes() + box + bytes(padding))
    return path


async def test_a_reload_in_the_middle_sends_only_what_is_missing(
    person: MakePerson,
    deployment: Deployment,
    large_film: Path,
    figure: Callable[[str, object], None],
) -> None:
    somebody = await person()
    page = somebody.page
    size = large_film.stat().st_size
    await slow_down(page, size // 4)
    before = Sent(page)
    await choose(page, large_film)
    row = upload_row(page, large_film.name)

    async def far_enough() -> bool:
        # The first parts end together: what is under way counts, and is lost with the page.
        return bool(before.arrived) and await uploaded_percent(row) >= 40

    await wait_until(far_enough)
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    before.stop()
    [upload_id] = before.uploads
    held = held_by_s3(deployment, somebody.email, upload_id)

    after = Sent(page)
    await expect(row).to_contain_text("Choose the same file")
    assert await uploaded_percent(row) > 0, "it does not show where it stopped"
    async with page.expect_file_chooser() as chooser:
        await row.get_by_role("button", name="Choose the file again").click()
    await (await chooser.value).set_files(str(large_film))
    await expect(row).to_contain_text("Uploaded")

    parts = -(-size // PART)
    assert set(after.begun) == set(range(1, parts + 1)) - held, "other parts than the missing ones"
    twice = [number for number in before.begun if number in after.begun]
    again = sum(min(PART, size - (number - 1) * PART) for number in twice)
    figure("bytes sent again after a reload at 40 %", f"{again} of {size} ({len(twice)} parts)")
    assert len(twice) <= CONNECTIONS
    await expect(card(page, large_film.stem)).to_be_visible()


@pytest.mark.thorough("the engine of uploads is tried without a browser too")
async def test_another_file_is_refused(
    person: MakePerson, large_film: Path, tmp_path: Path
) -> None:
    page = (await person()).page
    await slow_down(page, large_film.stat().st_size // 4)
    await choose(page, large_film)
    row = upload_row(page, large_film.name)
    await wait_until(lambda: _is_past(row, 15))
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    other = tmp_path / large_film.name
    changed = bytearray(large_film.read_bytes())
    changed[100] ^= 1
    other.write_bytes(changed)
    async with page.expect_file_chooser() as chooser:
        await row.get_by_role("button", name="Choose the file again").click()
    await (await chooser.value).set_files(str(other))
    await expect(row).to_contain_text("its content is not the same")


async def _is_past(row: Any, percent: float) -> bool:
    return await uploaded_percent(row) >= percent


@pytest.mark.thorough("make test has a network that goes and comes back")
async def test_pause_stops_and_going_on_sends_the_rest(
    person: MakePerson, large_film: Path
) -> None:
    page = (await person()).page
    await slow_down(page, large_film.stat().st_size // 4)
    sent = Sent(page)
    await choose(page, large_film)
    row = upload_row(page, large_film.name)
    await wait_until(lambda: _is_past(row, 20))
    await row.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("Paused")
    arrived = set(sent.arrived)
    await row.get_by_role("button", name="Continue").click()
    await expect(row).to_contain_text("Uploaded")
    assert [number for number in sent.begun if number in arrived] == sorted(arrived)


async def test_offline_and_back(person: MakePerson, large_film: Path) -> None:
    page = (await person()).page
    speed = large_film.stat().st_size // 4
    line = await slow_down(page, speed)
    sent = Sent(page)
    await choose(page, large_film)
    row = upload_row(page, large_film.name)
    await wait_until(lambda: _is_past(row, 20))
    await line.carries(speed, offline=True)
    await expect(row).to_contain_text("Waiting for the network")
    await expect(page.get_by_text("You are offline")).to_be_visible()
    arrived = set(sent.arrived)
    await line.carries(speed)
    await expect(row).to_contain_text("Uploaded")
    await expect(page.get_by_text("You are offline")).to_have_count(0)
    assert [number for number in sent.begun if number in arrived] == sorted(arrived)


async def test_what_cannot_be_taken_is_said_at_once(person: MakePerson, tmp_path: Path) -> None:
    page = (await person()).page
    text, empty = tmp_path / "notes.txt", tmp_path / "empty.mp4"
    text.write_text("no film")
    empty.touch()
    await choose(page, text, empty)
    await expect(upload_row(page, "notes.txt")).to_contain_text("file type is not supported")
    await expect(upload_row(page, "empty.mp4")).to_contain_text("This file is empty")


@pytest.mark.thorough("make test has a file that is chosen again")
async def test_a_file_held_by_a_handle_goes_on_by_itself(
    person: MakePerson, large_film: Path
) -> None:
    page = (await person()).page
    size = large_film.stat().st_size
    # The picker of the system cannot be driven by a test: a file of the page's own storage comes
    # by the same kind of handle.
    await page.add_init_script(PICKER)
    await page.reload()
    await page.evaluate(FILL, size)
    await slow_down(page, size // 4)
    await page.get_by_role("banner").get_by_role("button", name="Upload").click()
    row = upload_row(page, "held.mp4")
    await wait_until(lambda: _is_past(row, 30))
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(row).to_contain_text("Uploaded")


PICKER = """
window.showOpenFilePicker = async () => {
    const folder = await navigator.storage.getDirectory();
    return [await folder.getFileHandle('held.mp4')];
};
"""
FILL = """async (size) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle('held.mp4', {create: true});
    const writer = await handle.createWritable();
    await writer.write(new Blob([new Uint8Array(size)]));
    await writer.close();
}"""


# As in a private window of some browsers.
_NOTHING_IS_KEPT = (
    "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"
)


@pytest.mark.thorough("a private window of some browsers")
async def test_what_no_page_could_go_on_with_is_dropped_when_it_is_left(
    person: MakePerson, deployment: Deployment, film: Path
) -> None:
    somebody = await person()
    page = await somebody.context.new_page()
    await page.add_init_script(_NOTHING_IS_KEPT)
    await page.goto("/")
    await page.route(re.compile("partNumber="), lambda route: route.abort())
    await choose(page, film)
    row = upload_row(page, film.name)
    await expect(row.get_by_role("progressbar")).to_be_visible()
    upload_id = await row.get_attribute("data-upload") or ""
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.goto("about:blank")
    with Framemill(address_of(deployment)) as framemill:
        framemill.login(somebody.email, PASSWORD)

        async def dropped() -> bool:
            return framemill.api.upload(upload_id).state == "aborted"

        await wait_until(dropped, seconds=60)
