"""A store and a queue service, as the tests reach them: the SDK's clients and our settings."""

import os
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from localstack_client.session import Session as LocalStackSession

from tests.support.settings import Settings


@dataclass(frozen=True)
class Endpoint:
    """Where S3 and SQS are, and what in them is ours.

    Attributes:
        address: of both services; None is AWS itself.
        region: the bucket's and the queues'.
        bucket: is there already.
        prefix: every key of this run begins with it, and every queue's name.
        keys: access key and secret of an emulator; None is the SDK's ordinary way to find them.
    """

    address: str | None
    region: str
    bucket: str
    prefix: str
    keys: tuple[str, str] | None = None

    def client(self, service: str, keys: tuple[str, str] | None = None) -> Any:
        """Return the SDK's client: LocalStack's own where the keys are an emulator's, else boto3's.

        Args:
            service: `s3` or `sqs`.
            keys: another access key and secret than this endpoint's.
        """
        config = Config(
            retries={"total_max_attempts": 4, "mode": "standard"},
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path" if self.address else "virtual"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        access_key, secret_key = keys or self.keys or (None, None)
        if self.keys is None or self.address is None:
            return boto3.client(
                service,
                endpoint_url=self.address,
                region_name=self.region,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                config=config,
            )
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("AWS_ENDPOINT_URL", raising=False)  # it would go there instead
            session = LocalStackSession(
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                region_name=self.region,
                localstack_host=self.address.removeprefix("http://"),
            )
        return session.client(service, config=config)

    def plain(self) -> httpx.AsyncClient:
        """Return an HTTP client that knows nothing but URLs; proxies are for AWS only."""
        far = self.address is None or self.address.startswith("https:")
        return httpx.AsyncClient(trust_env=far, verify=far, timeout=30)

    def settings(self, queue: str, visibility_s: int = 60) -> Settings:
        """Return what our own adapters need; nothing is at the addresses of the other parts."""
        return Settings(
            database_url="postgresql://nowhere.invalid/none",
            redis_url="redis://nowhere.invalid",
            aws_endpoint_url=self.address,
            aws_endpoint_url_s3=None,
            s3_public_endpoint_url=None,
            aws_region=self.region,
            s3_bucket=self.bucket,
            sqs_queue=queue,
            visibility_s=visibility_s,
            heartbeat_s=0.5,
            progress_s=0.5,
        )


def region_of_the_environment() -> str:
    """Return the region that the SDK would take, else the default one of ours."""
    return os.environ.get("AWS_REGION") or boto3.Session().region_name or "us-east-1"
