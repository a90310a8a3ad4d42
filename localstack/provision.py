#!/usr/bin/env python3
"""Makes the bucket, its rules and the queues that `resources.json` describes.

Every run gives the same result, so it can run at each start. Needs botocore only, because it also
runs inside LocalStack as an init hook.

    provision.py [bucket] [queues]      only what is named, or else both

Environment: `AWS_ENDPOINT_URL` (`AWS_ENDPOINT_URL_S3` where S3 is elsewhere), `AWS_REGION`,
credentials, `ALLOWED_ORIGINS` (comma list), `S3_BUCKET`, `SQS_QUEUE`, `SQS_DEAD_LETTER_QUEUE`.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

_RESOURCES = Path(__file__).with_name("resources.json")
_PAGES = "http://localhost:8000,http://127.0.0.1:8000,http://localhost:5173"
_ALREADY_THERE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_NOT_KNOWN = ("NotImplemented", "MethodNotAllowed")
_PARTS = ("bucket", "queues")


def main(parts: Sequence[str] = ()) -> int:
    """Apply the description to the endpoint of the environment; return the exit status."""
    wanted = parts or _PARTS
    if not set(wanted) <= set(_PARTS):
        sys.stderr.write(f"usage: provision.py [{'] ['.join(_PARTS)}]\n")
        return 2
    resources = json.loads(_RESOURCES.read_text())
    try:
        origins = read_origins(os.environ.get("ALLOWED_ORIGINS") or _PAGES)
        if "bucket" in wanted:
            bucket = _name("S3_BUCKET", "framemill")
            make_bucket(_client("s3"), bucket, origins, resources["bucket"])
        if "queues" in wanted:
            make_queues(
                _client("sqs"),
                _name("SQS_QUEUE", "framemill-tasks"),
                _name("SQS_DEAD_LETTER_QUEUE", "framemill-tasks-dead"),
                resources,
            )
    except (BotoCoreError, ClientError, ValueError) as error:
        sys.stderr.write(f"The bucket and the queues could not be made: {error}\n")
        return 1
    return 0


def read_origins(text: str) -> list[str]:
    """Split a comma list of page origins.

    Raises:
        ValueError: one has a wildcard, which would let any page read what a person's browser may.
    """
    origins = [item.strip() for item in text.split(",") if item.strip()]
    if any("*" in origin for origin in origins):
        raise ValueError("ALLOWED_ORIGINS must list whole origins, without *.")
    return origins


def make_bucket(s3: Any, name: str, origins: list[str], description: dict[str, Any]) -> None:
    """Make the bucket with its CORS and lifecycle rules, or bring those up to date.

    Raises:
        ClientError: S3 refused.
    """
    region = s3.meta.region_name
    # us-east-1 is the default and must not be named.
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    try:
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ALREADY_THERE:
            raise
    # Who plays a film came by a redirect, and then a browser tells no origin but "null". A signed
    # URL is all that opens an object, and no cookie goes along: any page may read by one.
    rules = [{**description["cors"], "AllowedOrigins": origins}, description["cors_of_readers"]]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    try:
        s3.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": description["lifecycle"]}
        )
    except ClientError as error:
        # They are a second net: the API itself drops uploads that nobody finishes.
        if error.response["Error"]["Code"] not in _NOT_KNOWN:
            raise
        sys.stderr.write(f"The store of {name} knows no lifecycle rules; going on without.\n")


def make_queues(sqs: Any, name: str, dead_name: str, description: dict[str, Any]) -> None:
    """Make both queues, or bring their attributes up to date; messages in them stay.

    Raises:
        ClientError: SQS refused.
    """
    # Attributes go in a call of their own: making an existing queue with others is an error.
    dead_url = sqs.create_queue(QueueName=dead_name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=dead_url, Attributes=description["dead_letter_queue"])
    answer = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])
    redrive = {
        "deadLetterTargetArn": answer["Attributes"]["QueueArn"],
        "maxReceiveCount": description["max_receive_count"],
    }
    attributes = {**description["queue"], "RedrivePolicy": json.dumps(redrive)}
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def _client(service: str) -> Any:
    own = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
    return Session().create_client(
        service,
        endpoint_url=own or os.environ.get("AWS_ENDPOINT_URL") or None,
        region_name=os.environ.get("AWS_REGION") or "us-east-1",
        # Path style: a bucket's own host name does not resolve on an emulator.
        config=Config(
            connect_timeout=5,
            read_timeout=10,
            retries={"total_max_attempts": 3},
            s3={"addressing_style": "path"},
        ),
    )


def _name(variable: str, default: str) -> str:
    return os.environ.get(variable) or default


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
