"""The object store: multipart uploads, presigned URLs, ranged reads, writes, deletion by prefix.

IAM: s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and
s3:ListMultipartUploadParts on the bucket's objects, s3:ListBucket and
s3:ListBucketMultipartUploads on the bucket.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import RawIOBase
from typing import Any, Protocol

from botocore.exceptions import ClientError

from core.adapters.aws_errors import code_of, translated
from core.adapters.presign import Credentials, Presigner, address_of
from core.errors import Refused

_DEPENDENCY = "The object store"
_READ_CHUNK = 256 * 1024
_REMEMBERED = 10_000  # signed URLs; about 1 kB each
_SHOWN = 3  # keys in an error
_CLOSED = frozenset({"NoSuchUpload"})
_GONE = frozenset({*_CLOSED, "NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True)
class Part:
    """A part that S3 holds; `size` in bytes."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class ObjectInfo:
    """An object that S3 holds; `size` in bytes."""

    size: int
    etag: str


@dataclass(frozen=True)
class SignedUrl:
    """A URL and when it stops working."""

    url: str
    expires_at: datetime


class MediaSigner(Protocol):
    """Signs URLs at which people read objects somewhere else than at the store."""

    async def url(self, key: str, query: Mapping[str, str], expires_at: int) -> str:
        """Return a URL that works until `expires_at`, in seconds since 1970.

        `query` is S3's `response-…` parameters.
        """


class RejectedParts(Exception):
    """S3 refused to complete a multipart upload: its parts are not what was said."""


class ObjectGone(Exception):
    """What should be read is not there, or is not what it was."""


class Storage:
    """One bucket.

    Every method raises `Unavailable` when the store does not answer or refuses us. With `media`,
    what is handed out for reading is signed by that; uploads go to the store in any case.
    """

    def __init__(
        self,
        client: Any,
        *,
        bucket: str,
        region: str,
        public_url: str | None,
        credentials: Callable[[], Awaitable[Credentials]],
        small_write_s: float = 10.0,
        media: MediaSigner | None = None,
    ) -> None:
        self._s3 = client
        self._small_write_s = small_write_s
        self._media = media
        self._bucket = bucket
        self._region = region
        self._address = address_of(bucket, region, public_url)
        self._credentials = credentials
        self._signed: dict[tuple[object, ...], str] = {}

    async def ping(self) -> None:
        """Ask for an answer about the bucket."""
        await self._ask("head_bucket")

    async def _ask(self, call: str, gone: Collection[str] = (), **arguments: Any) -> Any:
        """Make a call about the bucket; None when it fails with a code that is in `gone`."""
        with translated(_DEPENDENCY):
            try:
                return await getattr(self._s3, call)(Bucket=self._bucket, **arguments)
            except ClientError as error:
                if code_of(error) in gone:
                    return None
                raise

    # Multipart uploads

    async def create_upload(self, key: str, content_type: str, tags: str = "") -> str:
        """Begin a multipart upload and return S3's id of it.

        `tags` are those of the object, as `name=value`; not every store knows any.
        """
        further = {"Tagging": tags} if tags else {}
        answer = await self._ask(
            "create_multipart_upload", Key=key, ContentType=content_type, **further
        )
        return str(answer["UploadId"])

    async def list_parts(self, key: str, upload_id: str) -> list[Part] | None:
        """Return every part that S3 holds, in order; None when the upload is not open any more."""
        parts: list[Part] = []
        marker = 0
        upload = {"Key": key, "UploadId": upload_id}
        while answer := await self._ask("list_parts", _CLOSED, **upload, PartNumberMarker=marker):
            parts += [
                Part(item["PartNumber"], item["Size"], item["ETag"].strip('"'))
                for item in answer.get("Parts", ())
            ]
            if not answer.get("IsTruncated"):  # pages hold at most 1000
                return sorted(parts, key=lambda part: part.number)
            marker = answer["NextPartNumberMarker"]
        return None

    async def is_open(self, key: str, upload_id: str) -> bool:
        """Tell whether S3 knows a multipart upload, without asking for all of its parts."""
        upload = {"Key": key, "UploadId": upload_id}
        return await self._ask("list_parts", _CLOSED, **upload, MaxParts=1) is not None

    async def complete_upload(self, key: str, upload_id: str, parts: Iterable[Part]) -> None:
        """Have S3 put the parts together. An upload that is not open any more is left alone.

        Raises:
            RejectedParts: a part is missing, too small, out of order or has another ETag.
        """
        listed = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
        with translated(_DEPENDENCY):
            try:
                await self._s3.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": listed},
                )
            except ClientError as error:
                if code_of(error) in {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}:
                    raise RejectedParts(code_of(error)) from error
                if code_of(error) not in _GONE:
                    raise

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop a multipart upload and its parts; one that is gone already is fine."""
        await self._ask("abort_multipart_upload", _GONE, Key=key, UploadId=upload_id)

    async def abort_uploads(self, prefix: str) -> None:
        """Drop every multipart upload whose key starts with `prefix`."""
        more = True
        while more:  # the next ones are then the first
            answer = await self._ask("list_multipart_uploads", Prefix=prefix)
            found = answer.get("Uploads", ())
            for item in found:
                await self.abort_upload(item["Key"], item["UploadId"])
            more = found and answer.get("IsTruncated")

    async def upload_part(
        self, key: str, upload_id: str, number: int, body: bytes | RawIOBase
    ) -> str:
        """Send one part ourselves; return its ETag."""
        answer = await self._ask(
            "upload_part", Key=key, UploadId=upload_id, PartNumber=number, Body=body
        )
        return str(answer["ETag"]).strip('"')

    # Objects

    async def head(self, key: str) -> ObjectInfo | None:
        """Return what S3 holds under a key; None when there is nothing."""
        answer = await self._ask("head_object", _GONE, Key=key)
        return answer and ObjectInfo(int(answer["ContentLength"]), str(answer["ETag"]))

    async def read_range(
        self, key: str, first: int, last: int, etag: str | None
    ) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from `first` to `last`, both counted from 0 and included.

        With `etag` another version is refused rather than mixed in.

        Raises:
            ObjectGone: there is no such object, or it is another version.
        """
        wanted = {} if etag is None else {"IfMatch": etag}
        with translated(_DEPENDENCY):
            try:
                answer = await self._s3.get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes={first}-{last}", **wanted
                )
            except ClientError as error:
                if code_of(error) in {*_GONE, "PreconditionFailed", "412"}:
                    raise ObjectGone(key) from error
                raise
            async with answer["Body"] as body:
                async for chunk in body.content.iter_chunked(_READ_CHUNK):
                    yield chunk

    async def put(self, key: str, body: bytes | RawIOBase, content_type: str) -> None:
        """Write an object in one request.

        What is in memory is small and must be there within `small_write_s`. How long a file may
        take, the caller knows.
        """
        # The SDK has no time-out while a body is sent, nor while the store must first ask for it.
        bound = self._small_write_s if isinstance(body, bytes) else None
        with translated(_DEPENDENCY):
            async with asyncio.timeout(bound):
                await self._ask("put_object", Key=key, Body=body, ContentType=content_type)

    async def delete_prefix(self, prefix: str) -> int:
        """Delete everything whose key starts with `prefix`; return how many objects there were.

        Raises:
            Refused: the store kept some of them; all others are gone.
        """
        count, refused, further, more = 0, list[str](), dict[str, str](), True
        while more:
            answer = await self._ask("list_objects_v2", Prefix=prefix, **further)
            found = [{"Key": item["Key"]} for item in answer.get("Contents", ())]
            more = bool(found and answer.get("IsTruncated"))
            if found:
                # An answer of 200 says nothing of each of them.
                deleted = await self._ask(
                    "delete_objects", Delete={"Objects": found, "Quiet": True}
                )
                errors = deleted.get("Errors", ())
                refused += [f"{item.get('Key')} ({item.get('Code')})" for item in errors]
                count += len(found) - len(errors)
                # Behind the last key, so that what is refused is not met again.
                further = {"StartAfter": found[-1]["Key"]}
        if refused:
            raise Refused(
                f"The object store did not delete {len(refused)} objects: "
                + ", ".join(refused[:_SHOWN])
            )
        return count

    # Presigned URLs

    async def sign_part(
        self, key: str, upload_id: str, sizes: dict[int, int], expires_s: int
    ) -> dict[int, SignedUrl]:
        """Return a URL for each part number; a body of another size than the given is refused."""
        now = datetime.fromtimestamp(int(time.time()), UTC)
        signer = await self._signer("PUT", key, now, expires_s)
        expires_at = now + timedelta(seconds=expires_s)
        return {
            number: SignedUrl(
                signer.url({"partNumber": str(number), "uploadId": upload_id}, size), expires_at
            )
            for number, size in sizes.items()
        }

    async def sign_get(self, key: str, expires_s: int, *, steady: bool = True, **query: str) -> str:
        """Return a URL to read an object.

        Args:
            key: the object's key.
            expires_s: for how many seconds at the most.
            steady: give the same URL for a while (at most a third of its life is used up when it
                is handed out), so that caches and players keep what they have.
            **query: S3's `response-…` parameters, with `_` for `-`.
        """
        seconds = int(time.time())
        if steady:
            window = max(1, expires_s // 3)
            seconds = seconds // window * window
        # With the credentials: a temporary key's URLs do not outlive it.
        signed_by = None if self._media else await self._credentials()
        asked = (signed_by, key, seconds, expires_s, *query.items())
        url = self._signed.get(asked)
        if url is None:
            further = {name.replace("_", "-"): value for name, value in query.items()}
            if self._media is not None:
                url = await self._media.url(key, further, seconds + expires_s)
            else:
                now = datetime.fromtimestamp(seconds, UTC)
                url = (await self._signer("GET", key, now, expires_s)).url(further)
            if len(self._signed) >= _REMEMBERED:
                self._signed.clear()
            self._signed[asked] = url
        return url

    async def _signer(self, method: str, key: str, now: datetime, expires_s: int) -> Presigner:
        return _presigner(
            method,
            self._address,
            key,
            credentials=await self._credentials(),
            region=self._region,
            now=now,
            expires_s=expires_s,
        )


# Signatures know whole seconds, and a client that asks for part after part asks again within one.
_presigner = lru_cache(maxsize=1_000)(Presigner)
