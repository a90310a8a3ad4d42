"""Presigned URLs: made by our own presigner, and by the SDK."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.adapters.s3 import Storage


@dataclass(frozen=True)
class Ours:
    """`core/adapters/presign.py` behind the adapter that the product uses."""

    storage: Storage

    async def part(self, key: str, upload_id: str, number: int, size: int) -> str:
        """Return a URL that takes a part of this size."""
        return (await self.storage.sign_part(key, upload_id, {number: size}, 60))[number].url

    async def get(self, key: str, expires_s: int = 60, **query: str) -> str:
        """Return a URL that reads an object."""
        return await self.storage.sign_get(key, expires_s, steady=False, **query)

    async def get_of_old(self, key: str, age_s: int, expires_s: int) -> str:
        """Return a URL that was signed a while ago."""
        begun = datetime.now(UTC) - timedelta(seconds=age_s)
        return (await self.storage._signer("GET", key, begun, expires_s)).url({})


@dataclass(frozen=True)
class Sdk:
    """botocore's `generate_presigned_url`."""

    s3: Any
    bucket: str

    async def part(self, key: str, upload_id: str, number: int, size: int) -> str:
        """Return a URL that takes a part of this size."""
        return self._sign(
            "upload_part", 60, Key=key, UploadId=upload_id, PartNumber=number, ContentLength=size
        )

    async def get(self, key: str, expires_s: int = 60, **query: str) -> str:
        """Return a URL that reads an object."""
        names = {
            "".join(word.title() for word in name.split("_")): value
            for name, value in query.items()
        }
        return self._sign("get_object", expires_s, Key=key, **names)

    def _sign(self, method: str, expires_s: int, **values: Any) -> str:
        url: str = self.s3.generate_presigned_url(
            method, Params={"Bucket": self.bucket, **values}, ExpiresIn=expires_s
        )
        return url


Signer = Ours | Sdk
