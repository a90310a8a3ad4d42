"""Objects: read by ranges and versions, from pages, and deleted."""

from typing import Any

import httpx
import pytest

from core.adapters.s3 import ObjectGone, Storage
from tests.contract.endpoint import Endpoint
from tests.contract.targets import Promise, relies_on

DIGITS = b"0123456789"
STRANGER = "https://evil.example"


@relies_on(Promise.RANGES)
@pytest.mark.parametrize(
    ("asked", "content", "said"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=0-", DIGITS, "bytes 0-9/10"),  # what a player asks for first
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
    ],
)
async def test_a_range_is_read(
    storage: Storage, key: str, plain: httpx.AsyncClient, asked: str, content: bytes, said: str
) -> None:
    await storage.put(key, DIGITS, "video/mp4")
    answer = await plain.get(await storage.sign_get(key, 60), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"] == said
    assert answer.headers["content-length"] == str(len(content))


@relies_on(Promise.RANGES)
async def test_a_range_past_the_end_is_refused(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, DIGITS, "video/mp4")
    url = await storage.sign_get(key, 60)
    assert (await plain.get(url, headers={"Range": "bytes=10-"})).status_code == 416


async def test_without_a_range_all_is_read(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, DIGITS, "video/mp4")
    answer = await plain.get(await storage.sign_get(key, 60))
    assert (answer.status_code, answer.content) == (200, DIGITS)
    assert answer.headers["accept-ranges"] == "bytes"  # else a player would not seek


async def _read(storage: Storage, key: str, etag: str) -> bytes:
    return b"".join([chunk async for chunk in storage.read_range(key, 0, 2, etag)])


@relies_on(Promise.VERSION)
async def test_another_version_is_not_mixed_in(storage: Storage, key: str) -> None:
    await storage.put(key, b"old", "video/mp4")
    old = await storage.head(key)
    assert old is not None
    assert await _read(storage, key, old.etag) == b"old"
    await storage.put(key, b"new", "video/mp4")
    with pytest.raises(ObjectGone):
        await _read(storage, key, old.etag)
    with pytest.raises(ObjectGone):
        await _read(storage, f"{key}-missing", old.etag)


async def test_everything_below_a_prefix_is_deleted(storage: Storage, key: str) -> None:
    for number in range(5):
        await storage.put(f"{key}/{number}/x", b"x", "text/plain")
    await storage.put(f"{key}-neighbour", b"x", "text/plain")
    assert await storage.delete_prefix(f"{key}/") == 5
    assert await storage.delete_prefix(f"{key}/") == 0
    assert await storage.head(f"{key}-neighbour") is not None


@pytest.fixture(scope="session")
def origin(s3: Any, endpoint: Endpoint) -> str:
    """A page that the bucket's rules allow."""
    rules = s3.get_bucket_cors(Bucket=endpoint.bucket)["CORSRules"]
    return next(
        str(page)
        for rule in rules
        if "PUT" in rule["AllowedMethods"]
        for page in rule["AllowedOrigins"]
        if "*" not in page
    )


def shown_to(answer: httpx.Response, origin: str) -> bool:
    """Whether a browser lets a page of this origin read the answer."""
    return answer.headers.get("access-control-allow-origin") in (origin, "*")


@relies_on(Promise.CORS)
async def test_a_page_may_send_parts_and_read_their_etags(
    storage: Storage, key: str, plain: httpx.AsyncClient, origin: str
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    url = (await storage.sign_part(key, upload_id, {2: 3}, 60))[2].url
    answer = await plain.put(url, content=b"end", headers={"Origin": origin})
    assert shown_to(answer, origin)
    assert "ETag" in answer.headers["access-control-expose-headers"]


@relies_on(Promise.CORS)
async def test_a_page_may_read_ranges(
    storage: Storage, key: str, plain: httpx.AsyncClient, origin: str
) -> None:
    await storage.put(key, DIGITS, "video/mp4")
    url = await storage.sign_get(key, 60)
    answer = await plain.get(url, headers={"Origin": origin, "Range": "bytes=2-4"})
    assert answer.content == b"234"
    assert shown_to(answer, origin)
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"Content-Range", "Content-Length"} <= exposed


@relies_on(Promise.CORS)
async def test_a_browser_that_asks_first_is_told(
    storage: Storage, key: str, plain: httpx.AsyncClient, origin: str
) -> None:
    url = (await storage.sign_part(key, "any", {2: 3}, 60))[2].url

    async def ask(page: str) -> httpx.Response:
        asks = {"Origin": page, "Access-Control-Request-Method": "PUT"}
        return await plain.options(url, headers=asks)

    allowed = await ask(origin)
    assert allowed.status_code in (200, 204)
    assert shown_to(allowed, origin)
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    assert (await ask(STRANGER)).status_code == 403


@relies_on(Promise.CORS)
async def test_pages_of_others_send_nothing(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    url = (await storage.sign_part(key, upload_id, {2: 3}, 60))[2].url
    sent = await plain.put(url, content=b"end", headers={"Origin": STRANGER})
    assert not shown_to(sent, STRANGER)


@relies_on(Promise.CORS)
@pytest.mark.parametrize("page", [STRANGER, "null"])
async def test_who_has_a_signed_url_reads_from_any_page(
    storage: Storage, key: str, plain: httpx.AsyncClient, page: str
) -> None:
    """A player on another page, and one that a redirect has led here, whose origin is `null`."""
    await storage.put(key, DIGITS, "video/mp4")
    url = await storage.sign_get(key, 60)
    asks = {
        "Origin": page, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }  # fmt: skip
    first = await plain.options(url, headers=asks)
    assert first.status_code in (200, 204)
    assert first.headers["access-control-allow-origin"] == "*"
    assert "range" in first.headers["access-control-allow-headers"].lower()
    answer = await plain.get(url, headers={"Origin": page, "Range": "bytes=2-4"})
    assert answer.content == b"234"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert (await plain.get(url.partition("?")[0], headers={"Origin": page})).status_code == 403
