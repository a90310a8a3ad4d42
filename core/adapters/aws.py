"""The clients of AWS: S3, SQS and CloudWatch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aioboto3
from aiobotocore.config import AioConfig

from core.adapters.presign import Credentials
from core.adapters.s3 import MediaSigner, Storage
from core.adapters.sqs import TaskQueue
from core.config import DatabaseSettings, Settings
from core.errors import Unavailable

# S3 puts the largest files together within this, or says meanwhile that it is at it.
_HURRIED_S = 15.0


@dataclass(frozen=True)
class Aws:
    """The opened adapters of one process."""

    storage: Storage
    queue: TaskQueue
    dead_letters: TaskQueue


def client(
    settings: DatabaseSettings,
    service: str,
    *,
    url: str | None = None,
    read_s: float = 10,
    tries: int = 2,
    **further: Any,
) -> Any:
    """Return an async context manager of the SDK's own client of a service.

    A request has failed after `read_s` seconds without a byte; `further` are options of the SDK's
    configuration.
    """
    return aioboto3.Session(region_name=settings.aws_region).client(
        service,
        endpoint_url=url or settings.aws_endpoint_url,
        config=AioConfig(
            connect_timeout=5,
            read_timeout=read_s,
            retries={"total_max_attempts": tries, "mode": "standard"},
            **further,
        ),
    )


@asynccontextmanager
async def connect(
    settings: Settings,
    *,
    hurried: bool = False,
    media: MediaSigner | None = None,
    small_write_s: float = 10.0,
) -> AsyncIterator[Aws]:
    """Open the S3 and SQS clients for as long as the block lasts.

    `hurried` is for somebody who waits for an answer: given up within a minute, not in three.
    `media` signs what is handed out for reading, where that is not read from the store itself.
    """
    tries, silence_s = (2 if hurried else 4), settings.s3_read_timeout_s
    s3_client = client(
        settings,
        "s3",
        url=settings.s3_url,
        read_s=min(silence_s, _HURRIED_S) if hurried else silence_s,
        tries=tries,
        max_pool_connections=32,
        s3={"addressing_style": "path" if settings.s3_url else "virtual"},
        # Other stores than AWS do not all know the newer checksum trailers.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    # Longer than the longest long poll, or each quiet one would look like a failure.
    sqs_client = client(settings, "sqs", read_s=30, tries=tries)
    async with s3_client as s3, sqs_client as sqs:

        async def credentials() -> Credentials:
            found = s3._request_signer._credentials  # noqa: SLF001 - the SDK has no other way
            if found is None:
                raise Unavailable("No AWS credentials were found.")
            frozen = await found.get_frozen_credentials()
            return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

        yield Aws(
            storage=Storage(
                s3,
                bucket=settings.s3_bucket,
                region=settings.aws_region,
                public_url=settings.public_s3_url,
                credentials=credentials,
                small_write_s=small_write_s,
                media=media,
            ),
            queue=TaskQueue(sqs, settings.sqs_queue, settings.visibility_s),
            dead_letters=TaskQueue(sqs, settings.sqs_dead_letter_queue, settings.visibility_s),
        )
