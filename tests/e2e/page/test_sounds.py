"""A person chooses what they hear of a film with several sounds."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Person
from tests.support.page_steps import choose, open_film, upload_row
from tests.support.product import Clips

MakePerson = Callable[..., Awaitable[Person]]

_LENGTH_S = 30
_ENGLISH, _GERMAN, _COMMENT = 300, 900, 2100  # hertz
_LISTEN = """() => {
    const video = document.querySelector('video');
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    context.createMediaElementSource(video).connect(analyser).connect(context.destination);
    const levels = new Uint8Array(analyser.frequencyBinCount);
    window.hertz = () => {
        analyser.getByteFrequencyData(levels);
        return levels.indexOf(Math.max(...levels)) * context.sampleRate / analyser.fftSize;
    };
    window.breaks = [];
    for (const event of ['emptied', 'error', 'ended'])
        video.addEventListener(event, () => window.breaks.push(event));
    // How far the time has leapt between two looks, beside what has passed; and stood still.
    window.leap = window.stood = 0;
    let [at, then] = [video.currentTime, performance.now()];
    setInterval(() => {
        const now = performance.now();
        const passed = video.currentTime - at;
        window.leap = Math.max(window.leap, -passed, passed - (now - then) / 1000);
        window.stood += Math.max(0, (now - then) / 1000 - passed - 0.02);
        [at, then] = [video.currentTime, now];
    }, 50);
    return Promise.all([context.resume(), video.play()]);
}"""


@pytest.fixture(scope="session")
def film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """English in 5.1, German, and a comment in English."""
    return clips.make(
        tmp_path_factory.mktemp("sounds") / "Three voices.mkv",
        *("-f", "lavfi", "-i", f"color=gray:s=320x180:r=25:d={_LENGTH_S}"),
        *(word for hertz in (_ENGLISH, _GERMAN, _COMMENT)
          for word in ("-f", "lavfi", "-i", f"sine=f={hertz}:d={_LENGTH_S}:r=48000")),
        *(word for number in range(4) for word in ("-map", str(number))),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        *("-c:a:0", "ac3", "-filter:a:0", "pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0"),
        *("-ac:a:1", "2", "-ac:a:2", "2"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"),
        *("-metadata:s:a:2", "language=eng", "-disposition:a:2", "comment"),
        *("-disposition:a:0", "default"),
    )  # fmt: skip


async def test_a_sound_is_chosen_during_play_and_remembered(
    person: MakePerson, film: Path, figure: Callable[[str, object], None]
) -> None:
    page = (await person()).page
    await choose(page, film)
    await expect(upload_row(page, film.name)).to_contain_text("Uploaded")
    await open_film(page, film.stem)
    await expect(page.get_by_text("Ready", exact=True).first).to_be_visible()
    await expect(page.get_by_text(re.compile(r"−\d+\.\d LUFS, peak"))).to_be_visible()
    await _until(page, "video?.readyState >= 2")
    await page.evaluate(_LISTEN)
    await _hears(page, _ENGLISH)
    menu = await _sounds(page)
    assert await menu.all_inner_texts() == ["English", "German", "English, commentary"]
    await menu.filter(has_text="German").click()
    await _hears(page, _GERMAN)
    await (await _sounds(page)).filter(has_text="commentary").click()
    await _hears(page, _COMMENT)
    await (await _sounds(page)).filter(has_text="German").click()
    await _hears(page, _GERMAN)
    assert await page.evaluate("window.breaks") == []
    leap, stood = await page.evaluate("[window.leap, window.stood]")
    figure(
        "picture when the sound was changed three times", f"{leap:.2f} s leapt, {stood:.2f} s stood"
    )
    assert leap < 0.5

    await page.reload()
    await _until(page, "video?.readyState >= 2")
    chosen = (await _sounds(page)).and_(page.get_by_role("menuitemradio", checked=True))
    await expect(chosen).to_have_text("German")


async def _until(page: Page, what: str) -> None:
    await page.wait_for_function(
        f"() => {{ const video = document.querySelector('video'); return {what}; }}"
    )


async def _hears(page: Page, hertz: int) -> None:
    await page.wait_for_function(f"() => Math.abs(window.hertz() - {hertz}) < 50")


async def _sounds(page: Page) -> Locator:
    """Open the menu of sounds; return what is in it."""
    await page.get_by_role("region", name=re.compile("Player")).hover()
    await page.get_by_role("button", name="Sound track").click()
    return page.get_by_role("menuitemradio")
