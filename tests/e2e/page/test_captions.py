"""Captions and chapters: from the file, and added by hand."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from client import Framemill
from tests.support.accessibility import is_cut_off, violations
from tests.support.browser import Person
from tests.support.page_steps import choose, open_film, until_ready
from tests.support.product import PASSWORD, Clips, Deployment, address_of, until_final

MakePerson = Callable[..., Awaitable[Person]]
Visitor = Callable[..., Awaitable[Page]]
TITLE = "Harbour with words"
SRT = "1\n00:00:00,000 --> 00:00:08,000\n<i>Guten</i> <script>Morgen</script>\n"
BAD = "1\n00:00:03,000 --> 00:00:02,000\nA\n\n2\nno time\nB\n"
CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={start + 4}\ntitle={title}\n"
    for start, title in ((0, "The harbour"), (4, "The <b>night</b>"))
)


@pytest.fixture(scope="module")
def worded(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds with subtitles and two chapters."""
    place = tmp_path_factory.mktemp("worded")
    (place / "text.srt").write_text(SRT)
    (place / "chapters.txt").write_text(CHAPTERS)
    return clips.make(
        place / f"{TITLE}.mkv",
        *("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=24:duration=8"),
        *("-f", "lavfi", "-i", "sine=frequency=440:duration=8"),
        *("-i", str(place / "text.srt"), "-f", "ffmetadata", "-i", str(place / "chapters.txt")),
        *("-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3", "-c:v", "libx264"),
        *("-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "srt"),
        *("-metadata:s:s:0", "language=ger"),
    )


async def play(page: Page) -> None:
    """Play without an end, so that what is looked for comes again on a busy machine."""
    await page.get_by_role("button", name="Play", exact=True).click()
    await page.evaluate("document.querySelector('video').loop = true")


async def cues(page: Page) -> list[str]:
    """What is shown over the picture now."""
    found: list[str] = await page.evaluate(
        "() => [...document.querySelector('video').textTracks].filter((t) => t.mode === 'showing')"
        ".flatMap((t) => [...(t.activeCues ?? [])].map((cue) => cue.getCueAsHTML().textContent))"
    )
    return found


async def until_shown(page: Page, *texts: str) -> None:
    await page.wait_for_function(
        "(texts) => JSON.stringify([...document.querySelector('video').textTracks]"
        ".filter((t) => t.mode === 'showing').flatMap((t) => [...(t.activeCues ?? [])]"
        ".map((cue) => cue.getCueAsHTML().textContent))) === JSON.stringify(texts)",
        arg=list(texts),
    )


async def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("FRAMEMILL_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_captions_are_shown_added_and_removed(
    person: MakePerson, worded: Path, tmp_path: Path
) -> None:
    somebody = await person()
    page = somebody.page
    await choose(page, worded)
    await until_ready(page, TITLE)
    await open_film(page, TITLE)
    # Those of the file: off, and on by a key.
    await expect(page.get_by_text("from the file")).to_be_visible()
    await play(page)
    assert await cues(page) == []
    await page.keyboard.press("c")
    await until_shown(page, "Guten Morgen")
    assert await page.evaluate("document.querySelectorAll('script').length") < 10
    await picture(page, "shown")
    # Chapters: a menu, and their names at the bar.
    bar = page.get_by_role("slider", name="Position")
    await bar.hover()
    await picture(page, "chapters-hover")
    await page.get_by_role("button", name="Chapters").click()
    await picture(page, "chapters")
    await page.get_by_role("menuitemradio", name="The night").click()
    await page.wait_for_function("document.querySelector('video').currentTime >= 3.9")
    await until_shown(page, "Guten Morgen")
    # A file that is none is told with its lines; the next one is taken.
    bad, good = tmp_path / "film.en.srt", tmp_path / "film.pt-BR.srt"
    bad.write_text(BAD)
    good.write_text(SRT.replace("Guten", "Bom").replace("Morgen", "dia"))
    await page.get_by_role("button", name="Add captions").click()
    dialog = page.get_by_role("dialog", name="Add captions")
    await dialog.get_by_label("File").set_input_files(bad)
    await expect(dialog.get_by_label("Language")).to_have_value("en")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Line 2: the text ends")
    await expect(dialog.get_by_role("alert")).to_contain_text("Line 6: a time is expected")
    await picture(page, "faults")
    assert await violations(page) == []
    await dialog.get_by_label("File").set_input_files(good)
    await dialog.get_by_label("Language").fill("pt-br")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog).to_have_count(0)
    portuguese = page.get_by_role("listitem").filter(has_text="Portuguese")
    await expect(portuguese).to_be_visible()
    await picture(page, "added")
    # At once in the player, and found again by whoever comes back.
    await page.keyboard.press("k")  # the bar hides while it plays
    await page.get_by_role("button", name="Captions", exact=True).click()
    await picture(page, "menu")
    await page.get_by_role("menuitemradio", name="Brazilian Portuguese").click()
    await page.keyboard.press("k")
    await until_shown(page, "Bom <script>dia</script>")  # as text
    await page.reload()
    await expect(portuguese).to_be_visible()
    await play(page)
    await until_shown(page, "Bom <script>dia</script>")  # as text
    assert await violations(page) == []
    await portuguese.get_by_role("button", name="Actions for captions").click()
    await page.get_by_role("menuitem", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(portuguese).to_have_count(0)
    await page.set_viewport_size({"width": 360, "height": 740})
    assert not await is_cut_off(page)
    await picture(page, "narrow")
    await page.emulate_media(color_scheme="dark")
    await picture(page, "narrow-dark")
    await page.get_by_role("button", name="Add captions").click()
    await picture(page, "form-narrow-dark")
    assert await violations(page) == []


async def test_a_shared_film_has_its_captions_chapters_and_small_pictures(
    deployment: Deployment, visitor: Visitor, worded: Path, tmp_path: Path
) -> None:
    def shared() -> str:
        with Framemill(address_of(deployment), home=tmp_path, remember=True) as owner:
            email = f"{uuid.uuid4().hex}@example.com"
            owner.register(email, PASSWORD)
            owner.login(email, PASSWORD)
            video = until_final(owner, owner.upload(worded))
            return owner.share(video.id).url

    page = await visitor(path=await asyncio.to_thread(shared))
    await play(page)
    await page.keyboard.press("c")
    await until_shown(page, "Guten Morgen")
    await picture(page, "embedded")
    bar = page.get_by_role("slider", name="Position")
    await bar.hover()
    sheet = page.locator("img[src*='/storyboard/0.jpg']")
    await expect(sheet).to_be_attached()
    await page.wait_for_function(
        "e => e.complete && e.naturalWidth", arg=await sheet.element_handle()
    )
    await picture(page, "embedded-hover")
    await page.get_by_role("button", name="Chapters").click()
    await expect(page.get_by_role("menuitemradio", name="The night")).to_be_visible()
