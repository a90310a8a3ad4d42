"""Presigned S3 URLs: AWS Signature Version 4 in the query string.

The SDK blocks the event loop for about 0.16 ms per URL, and an upload needs hundreds of URLs. So
this is our own code; tests compare its URLs with those of the SDK.

Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API
Reference.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

_SAFE = "-_.~"  # what stays as it is in a signed query (RFC 3986, unreserved)


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


class Presigner:
    """Signs URLs of one kind for one object; what they share is computed once.

    The URLs are good for `expires_s` seconds from `now` on, which is in UTC. `address` is where the
    bearer sees the bucket.
    """

    def __init__(
        self,
        method: str,
        address: Address,
        key: str,
        *,
        credentials: Credentials,
        region: str,
        now: datetime,
        expires_s: int,
    ) -> None:
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{region}/s3/aws4_request"
        token = credentials.session_token
        path = quote(address.path + key, "/-_.~")
        self._query_head = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={quote(f'{credentials.access_key}/{scope}', _SAFE)}"
            f"&X-Amz-Date={stamp}&X-Amz-Expires={expires_s}"
            + ("" if token is None else f"&X-Amz-Security-Token={quote(token, _SAFE)}")
            + "&X-Amz-SignedHeaders="
        )
        self._request_head = f"{method}\n{path}\n"
        self._host_line = f"host:{address.host}\n\n"
        self._to_sign_head = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n"
        self._url_head = f"{address.scheme}://{address.host}{path}?"
        self._key = _signing_key(credentials.secret_key, stamp[:8], region)

    def url(self, query: Mapping[str, str], content_length: int | None = None) -> str:
        """Return a URL that lets its bearer make one kind of request for a while.

        Args:
            query: further parameters that are signed with it; their names in small letters, so
                that they sort after the signature's own.
            content_length: when given, a body of another length is refused.
        """
        further = "".join([f"&{_quoted(name)}={_quoted(query[name])}" for name in sorted(query)])
        if content_length is None:
            signed, signed_in_query, length_line = "host", "host", ""
        else:
            signed, signed_in_query = "content-length;host", "content-length%3Bhost"
            length_line = f"content-length:{content_length}\n"
        canonical_query = f"{self._query_head}{signed_in_query}{further}"
        request = (
            f"{self._request_head}{canonical_query}\n{length_line}{self._host_line}"
            f"{signed}\nUNSIGNED-PAYLOAD"
        )
        to_sign = self._to_sign_head + hashlib.sha256(request.encode()).hexdigest()
        signature = hmac.digest(self._key, to_sign.encode(), "sha256").hex()
        return f"{self._url_head}{canonical_query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=4096)  # part numbers, upload ids and a few names, over and over
def _quoted(word: str) -> str:
    return quote(word, _SAFE)


@lru_cache(maxsize=8)  # it changes once a day
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
