"""Pictures of every screen, to be looked at: `python -m tests.screens [directory]`.

The real page in a real browser against the real stack, with films of every state, long titles and
titles from right to left; at 360 and 1920 pixels, light and dark. The picture of the library in the
README is taken anew too.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, expect

from client import Framemill
from client.models import Video
from embedded import page as built
from embedded.ffmpeg import find_tools
from embedded.stack import EVERYTHING, Stack
from tests.support import browser as browsers
from tests.support import page_steps as steps
from tests.support.page_steps import choose, tray
from tests.support.product import PASSWORD, PROJECT, Clips, address_of

EMAIL = "ada@example.com"
WIDTHS = {360: 740, 1920: 1080}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_CLOSED = {"registration": "closed"}
_IMAGES = (
    "() => [...document.images].every(image => image.complete"
    " || image.getBoundingClientRect().top > innerHeight)"
)
_OF_THE_README = PROJECT / "docs" / "images" / "library.png"
PATTERNS = {
    "Harbour at dawn": "gradients=s=1280x720:c0=#0b3954:c1=#f4a261:x0=200:y0=0:d=8:speed=0.01",
    "The mill wheel, a whole day long, from the first light until the lanterns are lit and beyond":
        "mandelbrot=s=1280x720:rate=25",
    "\u0633\u0641\u0631 \u0628\u0647 \u062f\u0631\u06cc\u0627":
        "gradients=s=1280x720:c0=#2a9d8f:c1=#264653:d=8:speed=0.02",
    "\u03a4\u03b1 \u03ba\u03cd\u03bc\u03b1\u03c4\u03b1": "life=s=640x360:life_color=#a8dadc",
    "Upright": "gradients=s=720x1280:c0=#e76f51:c1=#e9c46a:d=8:speed=0.02",
    "Supercalifragilisticexpialidocious_without_a_single_space_in_it_final_v2":
        "cellauto=s=640x360:rule=30",
}  # fmt: skip


def films(clips: Clips, folder: Path) -> list[Path]:
    """Make one film for each title, a sound, and a film that is damaged."""
    made = []
    for title, source in PATTERNS.items():
        made.append(
            clips.make(
                folder / f"{title}.mp4",
                *("-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=220"),
                *("-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
                *("-c:a", "aac"),
            )
        )
    talk = "aevalsrc=(0.1+abs(sin(t/7)*sin(t*2.3)*random(0)))*sin(400*t):s=44100:d=90"
    made.append(clips.make(folder / "A talk at the mill.mp3", "-f", "lavfi", "-i", talk))
    damaged = folder / "Damaged.mp4"
    damaged.write_bytes(made[0].read_bytes()[:2000])
    return [*made, damaged]


def fill(stack: Stack, home: Path, paths: list[Path]) -> list[Video]:
    """Give an account films of every state."""
    with Framemill(address_of(stack), home=home) as framemill:
        framemill.register(EMAIL, PASSWORD)
        framemill.login(EMAIL, PASSWORD)
        videos = [framemill.upload(path) for path in paths]
        for video in videos:
            *_, _last = framemill.watch(video.id)
        return [framemill.video(video.id) for video in videos]


def keep_only(stack: Stack, home: Path, videos: list[Video]) -> None:
    """Delete the films that were uploaded since."""
    kept = {video.id for video in videos}
    with Framemill(address_of(stack), home=home) as framemill:
        framemill.login(EMAIL, PASSWORD)
        for video in list(framemill.videos()):
            if video.id not in kept:
                framemill.delete(video.id)


async def log_in(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("article").first).to_be_visible()


async def shoot(browser: Browser, stack: Stack, videos: list[Video], path: Path, out: Path) -> None:
    """Take all pictures."""
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            context = await browser.new_context(
                base_url=address_of(stack),
                viewport=ViewportSize(width=width, height=height),
                color_scheme=scheme,
                locale="en-GB",
                reduced_motion="reduce",
            )
            await context.add_init_script("delete window.showOpenFilePicker")
            page = await context.new_page()

            async def take(name: str, page: Page = page, mark: str = f"{width}-{scheme}") -> None:
                await page.wait_for_function(_IMAGES)
                await page.screenshot(path=out / f"{name}-{mark}.png")
                sys.stdout.write(f"{name}-{mark}.png\n")

            await screens(page, videos, path, take)
            await context.close()
            keep_only(stack, path.parent / "client", videos)


async def screens(
    page: Page, videos: list[Video], path: Path, take: Callable[[str], Awaitable[None]]
) -> None:
    """Walk through the page, taking a picture of each screen."""
    page.set_default_timeout(30_000)
    await page.goto("/")
    await expect(page.get_by_label("Email")).to_be_visible()
    await take("log-in")
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_label("Email").fill("nobody")
    await page.get_by_label("Password", exact=True).fill("short")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_text("must have an @-sign")).to_be_visible()
    await take("register-error")
    await log_in(page)
    await take("library")
    await page.get_by_role("searchbox").fill("nothing like it")
    await expect(page.get_by_text("No video matches")).to_be_visible()
    await take("library-no-match")
    ready = next(video for video in videos if video.state == "ready")
    await page.goto(f"/videos/{ready.id}")
    await expect(page.locator("video")).to_be_visible()
    await take("video")
    await page.goto(f"/videos/{videos[2].id}")
    await expect(page.locator("video")).to_be_visible()
    await take("film-right-to-left")
    await page.goto(f"/videos/{videos[4].id}")
    await expect(page.locator("video")).to_be_visible()
    await take("film-upright")
    (sound,) = (video for video in videos if video.kind == "audio")
    await page.goto(f"/videos/{sound.id}")
    await expect(page.locator("video")).to_be_visible()
    await page.locator("video").evaluate("video => video.play()")
    await page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    await take("sound")
    await page.goto(f"/videos/{videos[-1].id}")
    await expect(page.get_by_role("alert")).to_be_visible()
    await take("film-failed")
    await page.goto(f"/videos/{ready.id[:-4]}0000")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await take("film-missing")
    await page.goto("/activity")
    await expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    await take("activity")
    await page.goto("/settings")
    await expect(page.get_by_text("This browser")).to_be_visible()
    await take("settings")
    await page.get_by_role("button", name="Log out everywhere").click()
    await take("settings-question")
    await page.goto("/")
    wrong = path.parent / "notes.txt"
    wrong.write_text("no film")
    await choose(page, path, wrong)
    await expect(tray(page).get_by_text("file type is not supported")).to_be_visible()
    await expect(tray(page).get_by_text("Uploaded ·")).to_be_visible()
    await take("tray")


async def library(browser: Browser, stack: Stack, home: Path, films: list[Path]) -> None:
    """Take the picture of the README: two more films, of which one is encoded and one waits."""
    page = await browser.new_page(
        base_url=address_of(stack),
        viewport=ViewportSize(width=1280, height=712),  # two rows
        locale="en-GB",
        reduced_motion="reduce",
    )
    await page.goto("/")
    await log_in(page)
    with Framemill(address_of(stack), home=home) as framemill:
        framemill.login(EMAIL, PASSWORD)
        for film in films:
            await asyncio.to_thread(framemill.upload, film)
    await expect(steps.card(page, films[0].stem).get_by_text("left")).to_be_visible()
    await expect(steps.card(page, films[1].stem).get_by_text("Waiting")).to_be_visible()
    await page.wait_for_function(_IMAGES)
    await page.screenshot(path=_OF_THE_README)


async def take_whole(page: Page, path: Path) -> None:
    """Take a picture of a page to its end."""
    await page.evaluate("scrollTo(0, 0)")  # the bars stand where the page was scrolled to
    await page.screenshot(path=path, full_page=True)
    sys.stdout.write(f"{path.name}\n")


def make_admin(stack: Stack) -> None:
    """Make the first admin, as whoever runs the service does."""
    subprocess.run(
        [sys.executable, "-m", "backend.admin", "create", EMAIL],
        env=os.environ | stack.environment,
        input=PASSWORD.encode(),
        check=True,
    )


async def accounts(browser: Browser, stack: Stack, film: Path, out: Path) -> None:
    """Take what has to do with invites, the end of an account, and films that wait.

    The stack is one that nobody may join without an invite, and whose worker has no room.
    """
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            mark = f"{width}-{scheme}.png"
            context = await browser.new_context(
                base_url=address_of(stack),
                viewport=ViewportSize(width=width, height=height),
                color_scheme=scheme,
                locale="en-GB",
                reduced_motion="reduce",
            )
            await context.add_init_script("delete window.showOpenFilePicker")
            page = await context.new_page()
            await page.goto("/settings")
            await steps.log_in(page, EMAIL, PASSWORD)
            invites = page.get_by_role("region", name="Invites")
            await invites.get_by_label("Email").fill(f"bob-{width}-{scheme}@example.com")
            await page.get_by_role("button", name="Invite somebody").click()
            link = await page.get_by_text("/register?invite=").inner_text()
            await take_whole(page, out / f"settings-admin-{mark}")
            await page.get_by_role("button", name="I have sent it").click()
            await page.get_by_label("Current password").fill("wrong")
            await page.get_by_role("button", name="Change password").click()
            await expect(page.get_by_text("The password is wrong")).to_be_visible()
            await take_whole(page, out / f"settings-password-{mark}")
            await page.get_by_role("button", name="Delete the account").click()
            question = page.get_by_role("dialog")
            await question.get_by_label("To confirm").fill(EMAIL)
            await question.get_by_label("Password", exact=True).fill(PASSWORD)
            await question.get_by_role("button", name="Delete the account").click()
            await expect(question.get_by_role("alert")).to_be_visible()
            await page.screenshot(path=out / f"settings-end-{mark}")
            await page.goto("/")
            await choose(page, film)
            waits = page.get_by_text("No worker has enough free disk")
            await expect(waits.first).to_be_visible()
            await expect(tray(page).get_by_text("enough free disk")).to_be_visible()
            await page.screenshot(path=out / f"library-waits-{mark}")
            await page.locator("[data-card]").first.click()
            await page.wait_for_url("**/videos/*")
            await expect(page.locator("[data-card]")).to_have_count(0)
            await expect(page.locator("#content").get_by_text("enough free disk")).to_be_visible()
            await page.screenshot(path=out / f"film-waits-{mark}")
            await page.get_by_role("button", name="Account").click()
            await page.get_by_role("menuitem", name="Log out").click()
            await page.goto(link)
            await page.get_by_label("Email").fill("eve@example.com")
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Create account").click()
            await expect(page.get_by_text("This invite is not valid")).to_be_visible()
            await page.screenshot(path=out / f"register-invite-{mark}")
            await page.route("**/v1/auth/registration", lambda route: route.fulfill(json=_CLOSED))
            await page.reload()
            await expect(page.get_by_text("You cannot create an account here")).to_be_visible()
            await page.screenshot(path=out / f"register-closed-{mark}")
            await page.get_by_role("button", name="Log in").click()
            await page.screenshot(path=out / f"log-in-closed-{mark}")
            await context.close()


async def empty(browser: Browser, stack: Stack, out: Path) -> None:
    """Take the library of somebody new."""
    for width, height in WIDTHS.items():
        context = await browser.new_context(
            base_url=address_of(stack),
            viewport=ViewportSize(width=width, height=height),
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.goto("/")
        await page.get_by_role("button", name="Create an account").click()
        await page.get_by_label("Email").fill(f"new-{width}@example.com")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_text("Drop your videos here")).to_be_visible()
        await page.screenshot(path=out / f"library-empty-{width}.png")
        await page.keyboard.press("?")
        await page.screenshot(path=out / f"shortcuts-{width}.png")
        await context.close()


async def main(out: Path) -> None:
    """Start everything, take the pictures, stop everything."""
    out.mkdir(parents=True, exist_ok=True)
    tools = find_tools()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        extra = {"PAGE_DIR": str(built.build())}
        with Stack(home / "stack", EVERYTHING, extra=extra) as stack:
            paths = films(Clips(str(tools.ffmpeg), str(tools.ffprobe)), home)
            videos = fill(stack, home / "client", paths)
            more = [
                paths[0].with_name(name) for name in ("The ferry comes in.mp4", "Market day.mp4")
            ]
            for path in more:
                shutil.copy(paths[0], path)
            async with browsers.started() as browser:
                await empty(browser, stack, out)
                await shoot(browser, stack, videos, more[0], out)
                await library(browser, stack, home / "client", more)
        cramped = extra | {"REGISTRATION": "invite", "MIN_FREE_DISK_BYTES": "1000TiB"}
        with Stack(home / "cramped", EVERYTHING, extra=cramped) as stack:
            make_admin(stack)
            async with browsers.started() as browser:
                await accounts(browser, stack, paths[0], out)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "frontend/screens").absolute()))
