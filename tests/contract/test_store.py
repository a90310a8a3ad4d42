"""What we rely on of an object store, whichever it is.

Not asked of it here, because stores differ and our own code does it: the order of parts, and that
none is missing. See `check_parts` in `core/uploads.py`.
"""

import time
import uuid
from typing import Any

import httpx
import pytest

from core.config import Settings
from core.parts import MIB
from core.storage import ObjectGone, Part, RejectedParts, Storage
from tests.support.uploading import get, put


@pytest.fixture
def key() -> str:
    return f"videos/{uuid.uuid4()}/source.mp4"


async def read(storage: Storage, key: str, first: int, last: int, etag: str) -> bytes:
    return b"".join([chunk async for chunk in storage.read_range(key, first, last, etag)])


async def begin(storage: Storage, key: str) -> tuple[str, dict[int, str]]:
    upload_id = await storage.create_upload(key, "video/mp4")
    signed = await storage.sign_part(key, upload_id, {1: 5 * MIB, 2: 3}, 60)
    return upload_id, {number: item.url for number, item in signed.items()}


async def test_parts_become_one_object(storage: Storage, key: str) -> None:
    upload_id, urls = await begin(storage, key)
    second = await put(urls[2], b"end")
    first = await put(urls[1], b"x" * (5 * MIB))
    assert (first.status_code, second.status_code) == (200, 200)
    held = await storage.list_parts(key, upload_id)
    assert held == [
        Part(1, 5 * MIB, first.headers["etag"].strip('"')),
        Part(2, 3, second.headers["etag"].strip('"')),
    ]
    assert await storage.head(key) is None  # nothing to see before it is complete
    await storage.complete_upload(key, upload_id, held)
    found = await storage.head(key)
    assert found is not None
    assert found.size == 5 * MIB + 3
    assert await read(storage, key, 5 * MIB - 1, 5 * MIB + 2, found.etag) == b"xend"
    assert await storage.list_parts(key, upload_id) is None
    await storage.complete_upload(key, upload_id, held)  # once more does no harm
    await storage.abort_upload(key, upload_id)
    assert await storage.head(key) == found


async def test_a_part_is_replaced_when_it_is_sent_again(storage: Storage, key: str) -> None:
    upload_id, urls = await begin(storage, key)
    await put(urls[2], b"old")
    newer = await put(urls[2], b"new")
    held = await storage.list_parts(key, upload_id)
    assert held == [Part(2, 3, newer.headers["etag"].strip('"'))]


async def test_more_parts_than_one_page_tells(storage: Storage, key: str, s3: Any) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    for number in range(1, 1003):
        await storage.upload_part(key, upload_id, number, b"x")
    held = await storage.list_parts(key, upload_id)
    assert held is not None
    assert [part.number for part in held] == list(range(1, 1003))
    await storage.abort_upload(key, upload_id)


async def test_wrong_etags_are_refused(storage: Storage, key: str) -> None:
    upload_id, urls = await begin(storage, key)
    await put(urls[1], b"x" * (5 * MIB))
    with pytest.raises(RejectedParts):
        await storage.complete_upload(key, upload_id, [Part(1, 5 * MIB, "0" * 32)])
    assert await storage.head(key) is None


async def test_an_aborted_upload_takes_no_more_parts(storage: Storage, key: str) -> None:
    upload_id, urls = await begin(storage, key)
    await put(urls[2], b"end")
    await storage.abort_upload(key, upload_id)
    await storage.abort_upload(key, upload_id)
    assert await storage.list_parts(key, upload_id) is None
    assert (await put(urls[2], b"end")).status_code == 404


async def test_a_signed_part_is_that_part_of_that_length_and_no_other(
    storage: Storage, key: str
) -> None:
    upload_id, urls = await begin(storage, key)
    wrong = {
        "length": (urls[2], b"longer"),
        "part": (urls[2].replace("partNumber=2", "partNumber=1"), b"end"),
        "key": (urls[2].replace("source.mp4", "other.mp4"), b"end"),
        "unsigned": (urls[2].partition("?")[0] + f"?partNumber=2&uploadId={upload_id}", b"end"),
        "signature": (urls[2][:-4] + "0000", b"end"),
    }
    for name, (url, body) in wrong.items():
        assert (await put(url, body)).status_code == 403, name
    assert await storage.list_parts(key, upload_id) == []


async def test_an_expired_signature_opens_nothing(storage: Storage, key: str) -> None:
    await storage.put(key, b"bytes", "video/mp4")
    now = int(time.time())
    for age_s, status in ((50, 200), (70, 403)):
        signer, _ = await storage._signer("GET", key, now - age_s, 60)
        url = signer.url({})
        assert (await get(url)).status_code == status


async def test_a_signed_get_reads_all_or_a_range(storage: Storage, key: str) -> None:
    await storage.put(key, b"0123456789", "video/mp4")
    name = "attachment; filename*=UTF-8''%E8%88%B9.mp4"
    url = await storage.sign_get(key, 60, response_content_disposition=name)
    whole = await get(url)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["content-disposition"] == name
    assert whole.headers["content-type"] == "video/mp4"
    part = await get(url, Range="bytes=2-4")
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert (await put(url, b"x")).status_code == 403


async def test_another_version_is_not_mixed_in(storage: Storage, key: str) -> None:
    await storage.put(key, b"old", "video/mp4")
    old = await storage.head(key)
    await storage.put(key, b"new", "video/mp4")
    assert old is not None
    with pytest.raises(ObjectGone):
        await read(storage, key, 0, 2, old.etag)
    with pytest.raises(ObjectGone):
        await read(storage, f"{key}-missing", 0, 2, old.etag)


async def test_everything_below_a_prefix_is_deleted(storage: Storage, s3: Any) -> None:
    root = f"videos/{uuid.uuid4()}"
    for number in range(5):
        await storage.put(f"{root}/{number}/x", b"x", "text/plain")
    await storage.put(f"{root}-neighbour", b"x", "text/plain")
    assert await storage.delete_prefix(f"{root}/") == 5
    assert await storage.delete_prefix(f"{root}/") == 0
    assert await storage.head(f"{root}-neighbour") is not None


@pytest.mark.parametrize(("origin", "allowed"), [("own", True), ("https://evil.example", False)])
async def test_a_page_may_send_parts_and_read_their_etags(
    settings: Settings, storage: Storage, key: str, origin: str, allowed: bool
) -> None:
    own = settings.allowed_origins[0]
    _, urls = await begin(storage, key)
    async with httpx.AsyncClient(verify=False, trust_env=False) as page:
        answer = await page.put(
            urls[2], content=b"end", headers={"Origin": own if origin == "own" else origin}
        )
    exposed = answer.headers.get("access-control-expose-headers", "")
    assert ("ETag" in exposed) is allowed
    assert (answer.headers.get("access-control-allow-origin") == own) is allowed
