"""Our presigned URLs are the SDK's, to the letter."""

from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials

from core.adapters.presign import Credentials, Presigner, address_of

NOW = datetime(2026, 11, 21, 23, 59, 58, tzinfo=UTC)
KEYS = [
    "videos/1/source.mp4",
    "a b+c",
    "ä/船.mp4",
    "100%/%20/%",
    "~tilde-._",
    "q?x=1&y=2#f",
    "back\\slash\"quote'(1)!*",
    "a//b",
    "./x",
]
ENDPOINTS = [
    None,
    "http://127.0.0.1:4566",
    "https://s3.example.com/base/",
    "https://s3.example.com",
]


def by_the_sdk(
    method: str, url: str, credentials: Credentials, region: str, length: int | None
) -> str:
    """Sign a URL with botocore's own class, at the time `NOW`."""
    signer = botocore.auth.S3SigV4QueryAuth(
        SdkCredentials(credentials.access_key, credentials.secret_key, credentials.session_token),
        "s3",
        region,
        expires=900,
    )
    request = AWSRequest(method, url)
    if length is not None:
        request.headers["Content-Length"] = str(length)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=NOW):
        signer.add_auth(request)
    signed: str = request.url
    return signed


def parts_of(url: str) -> tuple[str, str, str, dict[str, str]]:
    split = urlsplit(url)
    return split.scheme, split.netloc, split.path, dict(parse_qsl(split.query))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("token", [None, "a/session+token=="])
@pytest.mark.parametrize(("method", "length"), [("GET", None), ("PUT", 5 * 1024**2), ("PUT", 0)])
def test_as_the_sdk_signs(
    endpoint: str | None, key: str, token: str | None, method: str, length: int | None
) -> None:
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    address = address_of("bucket", "eu-central-1", endpoint)
    query = {"partNumber": "7", "uploadId": "a+/=~b"} if method == "PUT" else {}
    signer = Presigner(
        method,
        address,
        key,
        credentials=credentials,
        region="eu-central-1",
        now=NOW,
        expires_s=900,
    )
    ours = signer.url(query, length)
    plain = f"{address.scheme}://{address.host}" + quote(address.path + key, "/-_.~")
    if query:
        plain += "?" + "&".join(f"{name}={quote(value, '')}" for name, value in query.items())
    assert parts_of(ours) == parts_of(
        by_the_sdk(method, plain, credentials, "eu-central-1", length)
    )


def test_a_name_to_save_under_is_signed_with_it() -> None:
    credentials = Credentials("AKIDEXAMPLE", "secret")
    asked = {"response-content-disposition": "attachment; filename=\"a b.mp4\"; filename*=UTF-8''ä"}
    address = address_of("bucket", "us-east-1", None)
    signer = Presigner(
        "GET", address, "k", credentials=credentials, region="us-east-1", now=NOW, expires_s=900
    )
    ours = signer.url(asked)
    [(name, value)] = asked.items()
    plain = f"https://bucket.s3.us-east-1.amazonaws.com/k?{name}={quote(value, '')}"
    assert parts_of(ours) == parts_of(by_the_sdk("GET", plain, credentials, "us-east-1", None))


def test_every_part_of_it_is_signed() -> None:
    def signature(**other: Any) -> str:
        values: dict[str, Any] = {
            "credentials": Credentials("id", "secret"), "region": "us-east-1", "now": NOW,
            "expires_s": 900, "method": "PUT", "key": "k",
            "address": address_of("b", "us-east-1", None),
        }  # fmt: skip
        asked: dict[str, Any] = {"content_length": 7, "query": {"partNumber": "1"}}
        for name, value in other.items():
            (asked if name in asked else values)[name] = value
        return Presigner(**values).url(**asked).rpartition("=")[2]

    others: list[dict[str, Any]] = [
        {"credentials": Credentials("id", "other")},
        {"region": "eu-west-1"},
        {"now": NOW.replace(second=57)},
        {"expires_s": 901},
        {"content_length": 8},
        {"content_length": None},
        {"query": {"partNumber": "2"}},
        {"method": "GET"},
        {"key": "l"},
        {"address": address_of("c", "us-east-1", None)},
    ]
    signatures = {signature(), *(signature(**other) for other in others)}
    assert len(signatures) == len(others) + 1


def test_a_bucket_has_its_own_host_on_aws_and_a_path_elsewhere() -> None:
    assert address_of("b", "eu-west-1", None).host == "b.s3.eu-west-1.amazonaws.com"
    elsewhere = address_of("b", "eu-west-1", "http://127.0.0.1:4566/")
    assert (elsewhere.host, elsewhere.path) == ("127.0.0.1:4566", "/b/")
