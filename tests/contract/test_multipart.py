"""Uploads in parts: what becomes of them, and what is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from core.adapters.s3 import Part, RejectedParts, Storage
from core.uploads.multipart import MIN_PART
from tests.contract.endpoint import Endpoint
from tests.contract.targets import Promise, relies_on

FIRST = b"x" * MIN_PART


class Upload:
    """An open upload, used through the SDK."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self.s3 = s3
        answer = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="video/mp4")
        self.named = {"Bucket": bucket, "Key": key, "UploadId": answer["UploadId"]}

    def send(self, number: int, body: bytes) -> str:
        answer = self.s3.upload_part(**self.named, PartNumber=number, Body=body)
        return str(answer["ETag"])

    def complete(self, *parts: tuple[int, str]) -> Any:
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return self.s3.complete_multipart_upload(**self.named, MultipartUpload={"Parts": listed})


@pytest.fixture
def upload(s3: Any, endpoint: Endpoint, key: str) -> Upload:
    return Upload(s3, endpoint.bucket, key)


def refused(call: Callable[[], object]) -> str:
    """The store's word for why it refuses."""
    with pytest.raises(ClientError) as error:
        call()
    return str(error.value.response["Error"]["Code"])


async def read(storage: Storage, key: str, first: int, last: int, etag: str) -> bytes:
    return b"".join([chunk async for chunk in storage.read_range(key, first, last, etag)])


async def test_parts_become_one_object(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    signed = await storage.sign_part(key, upload_id, {1: MIN_PART, 2: 3}, 60)
    etags = {
        number: (await plain.put(signed[number].url, content=body)).headers["etag"].strip('"')
        for number, body in ((2, b"end"), (1, FIRST))  # they arrive as they like
    }
    held = await storage.list_parts(key, upload_id)
    assert held == [Part(1, MIN_PART, etags[1]), Part(2, 3, etags[2])]
    assert await storage.head(key) is None  # nothing to see before it is complete
    await storage.complete_upload(key, upload_id, held)
    found = await storage.head(key)
    assert found is not None
    assert found.size == MIN_PART + 3
    assert await read(storage, key, MIN_PART - 1, MIN_PART + 2, found.etag) == b"xend"
    assert await storage.list_parts(key, upload_id) is None
    await storage.complete_upload(key, upload_id, held)  # once more does no harm
    await storage.abort_upload(key, upload_id)
    assert await storage.head(key) == found


async def test_a_part_is_replaced_when_it_is_sent_again(storage: Storage, key: str) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    await storage.upload_part(key, upload_id, 2, b"old")
    newer = await storage.upload_part(key, upload_id, 2, b"new")
    assert await storage.list_parts(key, upload_id) == [Part(2, 3, newer)]


async def test_more_parts_than_one_page_tells(storage: Storage, upload: Upload, key: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: upload.send(number, b"x"), range(1, 1003)))
    held = await storage.list_parts(key, upload.named["UploadId"])
    assert held is not None
    assert [part.number for part in held] == list(range(1, 1003))


async def test_an_aborted_upload_takes_no_more_parts(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    url = (await storage.sign_part(key, upload_id, {2: 3}, 60))[2].url
    assert (await plain.put(url, content=b"end")).status_code == 200
    await storage.abort_upload(key, upload_id)
    await storage.abort_upload(key, upload_id)
    assert await storage.list_parts(key, upload_id) is None
    assert (await plain.put(url, content=b"end")).status_code == 404


@relies_on(Promise.LISTED)
async def test_all_uploads_below_a_key_are_dropped_and_no_others(
    storage: Storage, key: str
) -> None:
    keys = (f"{key}/1", f"{key}/1", f"{key}/2", f"{key}-neighbour")
    begun = [(each, await storage.create_upload(each, "video/mp4")) for each in keys]
    await storage.upload_part(*begun[0], 1, b"x")
    await storage.abort_uploads(f"{key}/")
    assert [await storage.is_open(*each) for each in begun] == [False, False, False, True]
    await storage.abort_uploads(f"{key}/")  # there are none any more


@relies_on(Promise.PART_ORDER)
def test_parts_out_of_order_are_refused(upload: Upload) -> None:
    etags = {number: upload.send(number, FIRST) for number in (1, 2)}
    assert refused(lambda: upload.complete((2, etags[2]), (1, etags[1]))) == "InvalidPartOrder"


@relies_on(Promise.PART_SIZE)
def test_a_part_below_the_least_size_is_refused(upload: Upload) -> None:
    parts = [(1, upload.send(1, FIRST[:-1])), (2, upload.send(2, b"end"))]
    assert refused(lambda: upload.complete(*parts)) == "EntityTooSmall"


def test_only_the_last_part_may_be_small(upload: Upload) -> None:
    upload.complete((1, upload.send(1, FIRST)), (2, upload.send(2, b"e")))
    assert upload.s3.head_object(
        Bucket=upload.named["Bucket"], Key=upload.named["Key"]
    )["ContentLength"] == MIN_PART + 1  # fmt: skip


@relies_on(Promise.PART_ETAG)
@pytest.mark.parametrize("wrong", ["etag", "missing"])
def test_parts_that_are_not_there_are_refused(upload: Upload, wrong: str) -> None:
    first = upload.send(1, FIRST)
    false = '"' + "0" * 32 + '"'
    parts = [(1, false)] if wrong == "etag" else [(1, first), (2, first)]
    assert refused(lambda: upload.complete(*parts)) == "InvalidPart"


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("InvalidPart", marks=relies_on(Promise.PART_ETAG)),
        pytest.param("InvalidPartOrder", marks=relies_on(Promise.PART_ORDER)),
        pytest.param("EntityTooSmall", marks=relies_on(Promise.PART_SIZE)),
    ],
)
async def test_our_adapter_knows_that_parts_were_refused(
    storage: Storage, key: str, word: str
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    body = b"end" if word == "EntityTooSmall" else FIRST
    parts = [
        Part(number, len(body), await storage.upload_part(key, upload_id, number, body))
        for number in (1, 2)
    ]
    wrong = {
        "InvalidPart": [parts[0], replace(parts[1], etag="0" * 32)],
        "InvalidPartOrder": parts[::-1],
    }
    with pytest.raises(RejectedParts, match=f"^{word}$"):
        await storage.complete_upload(key, upload_id, wrong.get(word, parts))
    assert await storage.head(key) is None


CALLS: dict[str, Callable[[Upload], object]] = {
    "send": lambda upload: upload.send(1, b"end"),
    "list": lambda upload: upload.s3.list_parts(**upload.named),
    "complete": lambda upload: upload.complete((1, '"' + "0" * 32 + '"')),
    "abort": lambda upload: upload.s3.abort_multipart_upload(**upload.named),
}


@relies_on(Promise.NO_UPLOAD)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("why", ["aborted", "unknown", "of another key"])
def test_an_upload_that_is_not_open_is_no_upload(upload: Upload, why: str, call: str) -> None:
    if why == "aborted":
        upload.s3.abort_multipart_upload(**upload.named)
    elif why == "unknown":
        upload.named["UploadId"] = upload.named["UploadId"][::-1]
    else:
        upload.named["Key"] += "-other"
    assert refused(lambda: CALLS[call](upload)) == "NoSuchUpload"


@relies_on(Promise.NO_UPLOAD)
@pytest.mark.parametrize("call", ["send", "list"])
def test_a_completed_upload_is_over(upload: Upload, call: str) -> None:
    upload.complete((1, upload.send(1, b"end")))
    assert refused(lambda: CALLS[call](upload)) == "NoSuchUpload"
