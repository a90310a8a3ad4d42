"""The clients of AWS: S3, SQS and CloudWatch."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aioboto3
from aiobotocore.config import AioConfig

from core.adapters.presign import Credentials
from core.adapters.s3 import MediaSigner, Storage
from core.adapters.sqs import TaskQueue
from core.config import Settings
from core.errors import Unavailable

# S3 puts the largest files together within this, or says meanwhile that it is at it.
_HURRIED_S = 15.0


@dataclass(frozen=True)
class Aws:
    """The opened adapters of one process."""

    storage: Storage
    queue: TaskQueue
    dead_letters: TaskQueue


@asynccontextmanager
async def connect(
    settings: Settings,
    *,
    hurried: bool = False,
    media: MediaSigner | None = None,
    small_write_s: float = 10.0,
) -> AsyncIterator[Aws]:
    """Open the S3 and SQS clients for as long as the block lasts.

    Args:
        settings: where they are.
        hurried: for somebody who waits for an answer: given up within a minute, not in three.
        media: signs what is handed out for reading, where that is not read from the store itself.
        small_write_s: within which a small object must be stored.
    """
    session = aioboto3.Session(region_name=settings.aws_region)
    retries = {"total_max_attempts": 2 if hurried else 4, "mode": "standard"}
    silence_s = settings.s3_read_timeout_s
    async with AsyncExitStack() as stack:
        s3 = await stack.enter_async_context(
            session.client(
                "s3",
                endpoint_url=settings.s3_url,
                config=AioConfig(
                    connect_timeout=5,
                    read_timeout=min(silence_s, _HURRIED_S) if hurried else silence_s,
                    retries=retries,
                    max_pool_connections=32,
                    s3={"addressing_style": "path" if settings.s3_url else "virtual"},
                    # Other stores than AWS do not all know the newer checksum trailers.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        )
        sqs = await stack.enter_async_context(
            session.client(
                "sqs",
                endpoint_url=settings.aws_endpoint_url,
                # Longer than the longest long poll, or each quiet one would look like a failure.
                config=AioConfig(connect_timeout=5, read_timeout=30, retries=retries),
            )
        )

        async def credentials() -> Credentials:
            found = await session._session.get_credentials()  # noqa: SLF001 - aioboto3 has no other way
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


@asynccontextmanager
async def cloudwatch(settings: Settings) -> AsyncIterator[Any]:
    """Open the SDK's own client of CloudWatch for as long as the block lasts."""
    session = aioboto3.Session(region_name=settings.aws_region)
    async with session.client(
        "cloudwatch",
        endpoint_url=settings.aws_endpoint_url,
        config=AioConfig(
            connect_timeout=5,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
        ),
    ) as client:
        yield client
