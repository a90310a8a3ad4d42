"""The built page is served beside the API and takes nothing from it."""

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from backend.app import create_app
from tests.support.app import Api
from tests.support.problems import problem
from tests.support.settings import Settings

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
INDEX = "<!doctype html><title>The page</title>"
SCRIPT = "console.log(1);" * 100
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built page, and something beside it that is nobody's business."""
    (tmp_path / "secret.txt").write_text("secret")
    directory = tmp_path / "dist"
    for name, text in {
        "index.html": INDEX,
        "config.json": '{"api_url": "https://elsewhere.example"}',
        "favicon.svg": "<svg/>",
        "assets/app-1a2b3c.js": SCRIPT,
        "assets/app-1a2b3c.js.br": "br of the script",
        "assets/app-1a2b3c.css": "a{}",
        "assets/font-1a2b3c.woff2": "font",
        ".vite/manifest.json": "{}",
        ".stamp": "x",
    }.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (directory / "assets/app-1a2b3c.js.gz").write_bytes(gzip.compress(SCRIPT.encode(), mtime=0))
    return directory


def client(page_dir: Path | None, **values: Any) -> httpx.AsyncClient:
    """An API whose parts are not open: the page needs none of them."""
    settings = Settings.model_construct(
        framemill_mode="embedded", page_dir=page_dir, **{"allowed_origins": (), **values}
    )
    http = Api(create_app(settings), settings).client()
    del http.headers["accept-encoding"]
    return http


@pytest.fixture
def http(page: Path) -> httpx.AsyncClient:
    return client(page)


def keep(answer: httpx.Response) -> str:
    """How long an answer may be kept, said once."""
    [said] = answer.headers.get_list("cache-control")
    return said


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/films/7?t=3", "/v2/videos", "/a.b/c", "//v1"]
)
async def test_who_navigates_is_given_the_page(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert keep(answer) == "no-cache"
    assert answer.headers["etag"]
    head = await http.head(path, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(INDEX))


async def test_the_root_is_the_page_for_everybody(http: httpx.AsyncClient) -> None:
    assert (await http.get("/", headers={"Accept": "*/*"})).text == INDEX


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0, */*", "image/*", ""])
async def test_who_fetches_what_is_not_there_is_told(http: httpx.AsyncClient, accept: str) -> None:
    problem(await http.get("/films/7", headers={"Accept": accept}), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1", 404), ("/v1/nothing", 404), ("/v1/auth/login", 405), ("/v1/me", 401),
        ("/healthz/nothing", 404), ("/readyz", 404), ("/metrics", 404),
        ("/docs", 200), ("/docs/", 307), ("/docs/nothing", 404), ("/openapi.json", 200),
        ("/openapi.json/x", 404), ("/healthz", 200),
    ],
)  # fmt: skip
async def test_the_addresses_of_the_api_stay_its_own(
    http: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await http.get(path, headers=HTML)
    assert answer.status_code == status
    assert answer.text != INDEX
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_link_is_answered_by_the_api(http: httpx.AsyncClient) -> None:
    for path in ("/embed", "/embed/", "/embed/a/b"):
        problem(await http.get(path, headers=HTML), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_the_page_only_shows(http: httpx.AsyncClient, method: str) -> None:
    for path in ("/", "/films/7", "/assets/app-1a2b3c.js"):
        problem(await http.request(method, path, headers=HTML), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/assets/app-1a2b3c.js", "text/javascript; charset=utf-8"),
        ("/assets/app-1a2b3c.css", "text/css; charset=utf-8"),
        ("/assets/font-1a2b3c.woff2", "font/woff2"),
    ],
)
async def test_what_has_a_hash_in_its_name_is_kept_for_ever(
    http: httpx.AsyncClient, path: str, kind: str
) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200
    assert keep(answer) == FOR_EVER
    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_other_files_are_asked_for_anew(http: httpx.AsyncClient) -> None:
    answer = await http.get("/favicon.svg")
    assert (answer.text, answer.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert keep(answer) == "no-cache"


@pytest.mark.parametrize("path", ["/assets", "/assets/", "/assets/gone-1a2b3c.js"])
async def test_a_missing_asset_is_not_the_page(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=HTML)
    problem(answer, 404, "not_found")
    assert keep(answer) == "no-store"


@pytest.mark.parametrize(
    ("accepts", "coding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"br of the script"),
        ("GZIP;q=1.0", "gzip", gzip.compress(SCRIPT.encode(), mtime=0)),
        ("br;q=0, gzip", "gzip", gzip.compress(SCRIPT.encode(), mtime=0)),
        ("br; q=0.000, gzip;q=0", None, SCRIPT.encode()),
        ("brotli", None, SCRIPT.encode()),
        ("", None, SCRIPT.encode()),
    ],
)
async def test_a_packed_file_is_sent_to_who_can_unpack_it(
    http: httpx.AsyncClient, accepts: str, coding: str | None, body: bytes
) -> None:
    headers = {"Accept-Encoding": accepts}
    async with http.stream("GET", "/assets/app-1a2b3c.js", headers=headers) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert len(raw) == int(answer.headers["content-length"])
    assert raw[10:] == body[10:]  # of gzip, past the time of packing
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert keep(answer) == FOR_EVER


async def test_a_packed_file_has_no_address_of_its_own(http: httpx.AsyncClient) -> None:
    for ending in (".br", ".gz"):
        problem(await http.get(f"/assets/app-1a2b3c.js{ending}"), 404, "not_found")


async def test_what_a_browser_holds_is_not_sent_again(http: httpx.AsyncClient, page: Path) -> None:
    for path in ("/", "/films", "/favicon.svg", "/config.json", "/assets/app-1a2b3c.js"):
        tag = (await http.get(path, headers=HTML)).headers["etag"]
        for held in (tag, f'"x", W/{tag}', "*"):
            again = await http.get(path, headers={**HTML, "If-None-Match": held})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert keep(again) == (FOR_EVER if "assets" in path else "no-cache")
        other = await http.get(path, headers={**HTML, "If-None-Match": '"x"'})
        assert other.status_code == 200


async def test_another_page_policy_or_packing_is_another_answer(
    http: httpx.AsyncClient, page: Path
) -> None:
    async def tag(asked: httpx.AsyncClient, path: str = "/", **headers: str) -> str:
        return str((await asked.get(path, headers=headers)).headers["etag"])

    moved = client(page, s3_public_endpoint_url="https://s3.example")
    for path in ("/", "/config.json"):
        assert await tag(moved, path) != await tag(http, path)
    script = "/assets/app-1a2b3c.js"
    codings = ("br", "gzip", "identity")
    assert len({await tag(http, script, **{"Accept-Encoding": one}) for one in codings}) == 3
    before = await tag(http)
    (page / "index.html").write_text(INDEX + " ")
    (page / "assets/new-9.js").write_text("new")
    assert await tag(http) != before
    assert (await http.get("/assets/new-9.js")).text == "new"  # built anew while we serve


async def test_how_an_answer_was_chosen_is_said(http: httpx.AsyncClient) -> None:
    assert (await http.get("/", headers=HTML)).headers["vary"] == "Accept-Encoding"
    assert (await http.get("/films", headers=HTML)).headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt", "/%2fetc/passwd", "/assets/%2fetc/passwd", "//etc/passwd",
        "/..%5csecret.txt", "/.stamp", "/.vite/manifest.json", "/assets/%00", "/favicon.svg%00",
        "/" + "x" * 5000, "/assets/" + "x" * 300, "/favicon.svg/x", "/favicon.svg/",
        "/assets//app-1a2b3c.js", "/é\u2028",
    ],
)  # fmt: skip
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    navigated = await http.get(path, headers=HTML)
    assert "assets" not in path or navigated.status_code == 404
    assert "secret" not in navigated.text.replace("secret.txt", "")
    assert "root:" not in navigated.text


async def test_every_answer_of_the_page_is_guarded(http: httpx.AsyncClient) -> None:
    for path in ("/", "/films", "/config.json", "/favicon.svg", "/assets/app-1a2b3c.js"):
        headers = (await http.get(path, headers=HTML)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src")
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"
        assert headers.get_list("x-content-type-options") == ["nosniff"]
        assert headers.get_list("referrer-policy") == ["no-referrer"]


async def test_the_page_is_told_that_the_api_is_here(http: httpx.AsyncClient) -> None:
    answer = await http.get("/config.json")
    assert answer.json() == {"api_url": ""}
    assert answer.headers["content-type"] == "application/json"
    assert keep(answer) == "no-cache"


async def test_requests_for_the_page_are_counted_together(http: httpx.AsyncClient) -> None:
    await http.get("/films/a-name-of-ours", headers=HTML)
    figures = generate_latest().decode()
    assert 'route="/{path:path}"' in figures
    assert "a-name-of-ours" not in figures


async def test_the_document_tells_of_the_api_alone(http: httpx.AsyncClient) -> None:
    with_page = (await http.get("/openapi.json")).json()
    assert with_page == (await client(None).get("/openapi.json")).json()


async def test_without_a_page_there_is_none() -> None:
    for path in ("/", "/index.html", "/config.json", "/films"):
        problem(await client(None).get(path, headers=HTML), 404, "not_found")


async def test_a_directory_without_a_page_is_refused_at_once(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"^PAGE_DIR: .* has no index\.html"):
            client(directory)
