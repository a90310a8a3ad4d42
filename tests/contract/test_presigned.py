"""What a URL that was signed opens, for how long, and what it does not."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from core.adapters.s3 import Part, Storage
from tests.contract.endpoint import Endpoint
from tests.contract.signers import Ours, Sdk, Signer
from tests.contract.targets import Promise, relies_on
from tests.support.waiting import wait_until

BODY = b"end"


@pytest.fixture(params=["ours", "sdk"])
def signer(request: pytest.FixtureRequest, storage: Storage, s3: Any, endpoint: Endpoint) -> Signer:
    return Ours(storage) if request.param == "ours" else Sdk(s3, endpoint.bucket)


async def test_a_signed_part_is_taken(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    answer = await plain.put(await signer.part(key, upload_id, 2, len(BODY)), content=BODY)
    assert answer.status_code == 200
    digest = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"'
    assert await storage.list_parts(key, upload_id) == [Part(2, len(BODY), digest)]


TAMPERED: dict[str, Callable[[str], str]] = {
    "part": lambda url: url.replace("partNumber=2", "partNumber=1"),
    "upload": lambda url: url.replace("uploadId=", "uploadId=x"),
    "key": lambda url: url.replace("source.mp4", "other.mp4"),
    "life": lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
    "date": lambda url: url.replace("00Z&", "01Z&") if "00Z&" in url else _later(url),
    "signature": lambda url: _with_signature(url, "0" * 64),
    "more": lambda url: url + "&versionId=1",
}


def _later(url: str) -> str:
    head, _, rest = url.partition("Z&")
    return f"{head[:-2]}00Z&{rest}"


def _with_signature(url: str, signature: str) -> str:
    head, _, rest = url.partition("X-Amz-Signature=")
    return f"{head}X-Amz-Signature={signature}{rest[64:]}"


@relies_on(Promise.SIGNATURE)
@pytest.mark.parametrize("changed", TAMPERED)
async def test_what_was_not_signed_is_refused(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient, changed: str
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    url = await signer.part(key, upload_id, 2, len(BODY))
    other = TAMPERED[changed](url)
    assert other != url
    assert (await plain.put(other, content=BODY)).status_code == 403
    assert await storage.list_parts(key, upload_id) == []


@relies_on(Promise.UNSIGNED)
async def test_what_has_no_signature_is_refused(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    await storage.put(key, BODY, "video/mp4")
    place = (await storage.sign_get(key, 60)).partition("?")[0]
    query = f"?partNumber=2&uploadId={upload_id}"
    assert (await plain.put(place + query, content=BODY)).status_code == 403
    assert (await plain.put(place, content=BODY)).status_code == 403
    assert (await plain.get(place)).status_code == 403
    assert (await plain.delete(place)).status_code == 403
    assert await storage.list_parts(key, upload_id) == []


@relies_on(Promise.SIGNATURE)
async def test_a_url_to_read_writes_nothing(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, b"bytes", "video/mp4")
    url = await signer.get(key)
    assert (await plain.put(url, content=b"other")).status_code == 403
    assert (await plain.delete(url)).status_code == 403
    assert (await plain.get(url)).content == b"bytes"


@relies_on(Promise.LENGTH)
@pytest.mark.parametrize("body", [b"", b"en", b"ends"])
async def test_another_length_than_the_signed_one_is_refused(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient, body: bytes
) -> None:
    upload_id = await storage.create_upload(key, "video/mp4")
    url = await signer.part(key, upload_id, 2, len(BODY))
    assert (await plain.put(url, content=body)).status_code == 403
    assert await storage.list_parts(key, upload_id) == []


@relies_on(Promise.EXPIRY)
async def test_a_url_of_old_opens_nothing(
    storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, b"bytes", "video/mp4")
    for age_s, status in ((50, 200), (70, 403)):
        url = await Ours(storage).get_of_old(key, age_s, 60)
        assert (await plain.get(url)).status_code == status


@relies_on(Promise.EXPIRY)
async def test_a_url_ends_while_one_looks_on(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, b"bytes", "video/mp4")
    url = await signer.get(key, 3)
    assert (await plain.get(url)).status_code == 200

    async def is_over() -> bool:
        return (await plain.get(url)).status_code == 403

    await wait_until(is_over)


async def test_a_name_to_save_under_is_given_with_the_url(
    signer: Signer, storage: Storage, key: str, plain: httpx.AsyncClient
) -> None:
    await storage.put(key, b"bytes", "video/mp4")
    name = "attachment; filename*=UTF-8''%E8%88%B9.mp4"
    answer = await plain.get(await signer.get(key, response_content_disposition=name))
    assert (answer.status_code, answer.content) == (200, b"bytes")
    assert answer.headers["content-disposition"] == name
    assert answer.headers["content-type"] == "video/mp4"


def _writes_as(endpoint: Endpoint, key: str, access_key: str) -> int:
    """Try to write with a secret that nobody has; return the status of the refusal."""
    stranger = endpoint.client("s3", (access_key, "0" * 40))
    with pytest.raises(ClientError) as refused:
        stranger.put_object(Bucket=endpoint.bucket, Key=key, Body=b"x")
    return int(refused.value.response["ResponseMetadata"]["HTTPStatusCode"])


@relies_on(Promise.UNKNOWN_KEY)
def test_an_unknown_access_key_is_refused(endpoint: Endpoint, key: str) -> None:
    assert _writes_as(endpoint, key, "AKIAIOSFODNN7EXAMPLE") == 403


@relies_on(Promise.SECRET)
def test_a_false_secret_is_refused(endpoint: Endpoint, s3: Any, key: str) -> None:
    # Every presigned URL shows the access key.
    assert _writes_as(endpoint, key, s3._request_signer._credentials.access_key) == 403
