"""Presigned S3 URLs: AWS Signature Version 4 in the query string.

Written here because the SDK takes about half a millisecond a URL on the event loop, and a window
of parts needs hundreds; the tests compare every URL with the SDK's own.

Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API
Reference.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Credentials:
    """An access key; `session_token` is set when it is a temporary one."""

    access_key: str
    secret_key: str
    session_token: str | None = None


@dataclass(frozen=True)
class Address:
    """Where a bucket is reached.

    Attributes:
        scheme: `http` or `https`.
        host: with the port where it is not the scheme's own.
        path: what stands before the key, starting and ending with `/`.
    """

    scheme: str
    host: str
    path: str


def address_of(bucket: str, region: str, endpoint_url: str | None) -> Address:
    """Return the address of a bucket: virtual-hosted on AWS, path-style on any other store."""
    if endpoint_url is None:
        return Address("https", f"{bucket}.s3.{region}.amazonaws.com", "/")
    url = urlsplit(endpoint_url)
    return Address(url.scheme, url.netloc, f"{url.path.rstrip('/')}/{bucket}/")


def presign(
    method: str,
    address: Address,
    key: str,
    *,
    credentials: Credentials,
    region: str,
    now: datetime,
    expires_s: int,
    query: dict[str, str] | None = None,
    content_length: int | None = None,
) -> str:
    """Return a URL that lets its bearer make one kind of request for a while.

    Args:
        method: `GET`, `PUT`, …
        address: where the bucket is, as the bearer sees it.
        key: the object's key.
        credentials: who signs.
        region: the bucket's.
        now: from when on the URL is valid, in UTC.
        expires_s: for how many seconds.
        query: further parameters that are signed with it.
        content_length: when given, a body of another length is refused.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    signed = "host" if content_length is None else "content-length;host"
    parameters = {
        **(query or {}),
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": signed,
    }
    if credentials.session_token is not None:
        parameters["X-Amz-Security-Token"] = credentials.session_token
    pairs = sorted((quote(k, "-_.~"), quote(v, "-_.~")) for k, v in parameters.items())
    canonical_query = "&".join(f"{k}={v}" for k, v in pairs)
    path = quote(address.path + key, "/-_.~")
    length_line = "" if content_length is None else f"content-length:{content_length}\n"
    request = (
        f"{method}\n{path}\n{canonical_query}\n{length_line}host:{address.host}\n\n"
        f"{signed}\nUNSIGNED-PAYLOAD"
    )
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    secret = _signing_key(credentials.secret_key, stamp[:8], region)
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    return f"{address.scheme}://{address.host}{path}?{canonical_query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=8)  # it changes once a day
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
