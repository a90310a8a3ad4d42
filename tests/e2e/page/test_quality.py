"""What holds for every screen: accessible, nothing cut off, a strict policy, a small first load."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from embedded import page as built
from tests.support.accessibility import is_cut_off, violations
from tests.support.browser import Person
from tests.support.page_steps import choose, open_film, tray, until_ready

MakePerson = Callable[..., Awaitable[Person]]


_OTHER = pytest.mark.thorough("make test has the narrow and light one")


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 360),
        pytest.param("dark", 1920, marks=_OTHER),
        pytest.param("light", 1920, marks=_OTHER),
        pytest.param("dark", 360, marks=_OTHER),
    ],
)
async def test_every_screen_is_accessible_and_fits(
    person: MakePerson,
    visitor: Callable[..., Awaitable[Page]],
    short_film: Path,
    figure: Callable[[str, object], None],
    width: int,
    scheme: str,
) -> None:
    size = {"width": width, "height": 800, "color_scheme": scheme}
    entrance = await visitor(**size)
    await expect(entrance.get_by_role("heading", name="Log in")).to_be_visible()
    wrong = {"entrance": await violations(entrance)}
    page = (await person(**size)).page
    await expect(page.get_by_text("Drop your videos here")).to_be_visible()
    wrong["empty library"] = await violations(page)
    await choose(page, short_film)
    await expect(tray(page)).to_be_visible()
    wrong["tray"] = await violations(page)
    await until_ready(page, short_film.stem)
    wrong["library"] = await violations(page)
    assert not await is_cut_off(page)
    await open_film(page, short_film.stem)
    await expect(page.locator("video")).to_be_visible()
    wrong["video"] = await violations(page)
    assert not await is_cut_off(page)
    await page.get_by_role("button", name="Share").click()
    await page.get_by_role("button", name="Create a link").click()
    await expect(page.get_by_role("button", name="Copy embed code")).to_be_visible()
    wrong["share"] = await violations(page)
    assert not await is_cut_off(page)
    await page.get_by_role("button", name="Close").first.click()
    for name in ("Activity", "Settings"):
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        wrong[name] = await violations(page)
        assert not await is_cut_off(page)
    count = sum(map(len, wrong.values()))
    figure(f"axe, {width} px {scheme}", f"{count} serious on {len(wrong)} screens")
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_first_load_is_small(figure: Callable[[str, object], None]) -> None:
    sizes = json.loads((built.build() / ".vite" / "first-load.json").read_text())
    for name, size in sizes.items():
        figure(
            f"first load with {name.rpartition('/')[2]}", f"{size:.1f} kB of JavaScript, gzipped"
        )
    assert len(sizes) == 3
    assert all(0 < size <= 200 for size in sizes.values())


@pytest.mark.thorough("make test has the policy without a browser")
async def test_nothing_is_done_past_the_policy(person: MakePerson, short_film: Path) -> None:
    page = (await person()).page
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    await page.reload()
    await choose(page, short_film)
    await until_ready(page, short_film.stem)
    await open_film(page, short_film.stem)
    await expect(page.locator("video")).to_be_visible()
    assert [text for text in refused if "Content Security Policy" in text] == []
    answer = await page.request.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.thorough("make test has the keys without a browser")
async def test_a_film_is_reached_by_the_keyboard_alone(
    person: MakePerson, short_film: Path
) -> None:
    page = (await person()).page
    await choose(page, short_film)
    await until_ready(page, short_film.stem)
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("Short")
    link = page.get_by_role("link", name="Short", exact=True).first
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await link.evaluate("element => element === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("video")).to_be_visible()
    await page.keyboard.press("Space")
    await page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
