"""`/docs` in a real browser: it describes the API, and nothing of anybody else's is loaded."""

from tests.support import browser
from tests.support.app import Api, served


async def test_it_shows_every_operation_and_loads_nothing_else(api: Api) -> None:
    document = api.app.openapi()
    async with served(api) as address, browser.started() as program:
        page = await program.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        answer = await page.goto(f"{address}/docs")
        assert answer is not None
        shown = await page.locator("section h3 code").all_inner_texts()
        styled = await page.evaluate("getComputedStyle(document.querySelector('table')).width")
        headers = await answer.all_headers()
        # A link within it, and the document for machines.
        await page.get_by_role("link", name="GET /v1/videos", exact=True).click()
        assert page.url.endswith("#list_videos")
    due = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert due <= set(shown)
    assert float(styled.removesuffix("px")) > 500
    assert {*asked} - {f"{address}/favicon.ico"} == {f"{address}/docs"}
    assert [each for each in wrong if "favicon" not in each and "404" not in each] == []
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


async def test_no_other_page_is_left_by_the_framework(api: Api) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect", "/docs/x"):
        assert (await api.client().get(path)).status_code == 404
