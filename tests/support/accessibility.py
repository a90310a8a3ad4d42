"""What holds for every screen of the page, whatever it shows."""

from typing import Any

from playwright.async_api import Page

from embedded import page as built

_AXE = built.FOLDER / "node_modules" / "axe-core" / "axe.min.js"
# A color that is half-way to another one may be too pale.
_STILL = """() => Promise.allSettled(
    document.getAnimations()
        .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
        .map((each) => each.finished))"""
_SERIOUS = {"serious", "critical"}


async def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds on the page as it is shown, if it is serious."""
    await page.evaluate(_AXE.read_text())
    await page.evaluate(_STILL)
    found: dict[str, Any] = await page.evaluate("() => axe.run(document)")
    assert found["passes"], "axe looked at nothing"
    return [
        {"id": item["id"], "at": [node["target"] for node in item["nodes"]]}
        for item in found["violations"]
        if item["impact"] in _SERIOUS
    ]


async def is_cut_off(page: Page) -> bool:
    """Whether something is wider than the window."""
    wide: bool = await page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide
