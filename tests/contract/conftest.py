"""The target of these tests: the embedded emulator, LocalStack, or what an address names.

`--target localstack` starts one; `--target aws` with `--bucket`, or `--endpoint-url`, uses what is
there. Whatever is made has names of this run and is removed at its end.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from core.adapters import aws
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from embedded.bootstrap import ROOT
from tests.contract import localstack
from tests.contract.endpoint import Endpoint, region_of_the_environment
from tests.contract.targets import AWS, EMBEDDED, LOCALSTACK, expect
from tests.support.waiting import wait_until

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "relies_on(promise): see tests/contract/targets.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    expect([item for item in items if here in item.path.parents], config.getoption("--target"))


@pytest.fixture(scope="session")
def endpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """What is tested; its bucket is there."""
    prefix = f"framemill-contract-{uuid.uuid4().hex[:12]}"
    target = request.config.getoption("--target")
    address = request.config.getoption("--endpoint-url")
    bucket = request.config.getoption("--bucket")
    if address or target == AWS:
        if not address and not bucket:
            pytest.exit("AWS has no bucket of ours; name one: BUCKET=...", returncode=4)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SQS"):
                patch.delenv(name, raising=False)  # no address means AWS itself
            yield Endpoint(address, region_of_the_environment(), bucket or "framemill", prefix)
    elif target == EMBEDDED:
        known = request.getfixturevalue("stack").environment
        keys = (known[_KEYS[0]], known[_KEYS[1]])
        region, bucket = known["AWS_REGION"], known["S3_BUCKET"]
        yield Endpoint(known["AWS_ENDPOINT_URL"], region, bucket, prefix, keys)
    elif target == LOCALSTACK:
        with _localstack(tmp_path_factory.mktemp("localstack"), prefix) as started:
            yield started


@contextmanager
def _localstack(directory: Path, prefix: str) -> Iterator[Endpoint]:
    with localstack.started(directory) as address, pytest.MonkeyPatch.context() as patch:
        for name, value in localstack.CREDENTIALS.items():  # our adapters find them there
            patch.setenv(name, value)
        subprocess.run(
            [sys.executable, "localstack/provision.py"],
            cwd=ROOT,
            env={**os.environ, "AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1"},
            check=True,
        )
        keys = (localstack.CREDENTIALS[_KEYS[0]], localstack.CREDENTIALS[_KEYS[1]])
        yield Endpoint(address, "us-east-1", "framemill", prefix, keys)


# The SDK's own clients


@pytest.fixture(scope="session")
def s3(endpoint: Endpoint) -> Iterator[Any]:
    """The SDK's S3 client; every key of these tests begins with the prefix of the run."""
    client = endpoint.client("s3")
    yield client
    _empty(client, endpoint)


def _empty(s3: Any, endpoint: Endpoint) -> None:
    ours = {"Bucket": endpoint.bucket, "Prefix": f"{endpoint.prefix}/"}
    while uploads := s3.list_multipart_uploads(**ours).get("Uploads"):
        for upload in uploads:
            s3.abort_multipart_upload(
                Bucket=endpoint.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
    while found := s3.list_objects_v2(**ours).get("Contents"):
        keys = [{"Key": item["Key"]} for item in found]
        s3.delete_objects(Bucket=endpoint.bucket, Delete={"Objects": keys, "Quiet": True})


@pytest.fixture(scope="session")
def sqs(endpoint: Endpoint) -> Any:
    """The SDK's SQS client."""
    return endpoint.client("sqs")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def plain(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client without keys."""
    async with endpoint.plain() as client:
        yield client


# Our own adapters


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def adapters(endpoint: Endpoint) -> AsyncIterator[aws.Aws]:
    """The adapters as the services open them; for queues use `queue`."""
    async with aws.connect(endpoint.settings("none")) as found:
        yield found


@pytest.fixture(scope="session")
def storage(adapters: aws.Aws, s3: Any) -> Storage:
    """The bucket. Use `key`, or keys below it; what is there is removed at the end."""
    return adapters.storage


@pytest.fixture
def key(endpoint: Endpoint) -> str:
    """The key of an object that is not there."""
    return f"{endpoint.prefix}/{uuid.uuid4()}/source.mp4"


MakeQueue = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture(loop_scope="session")
async def make_queue(endpoint: Endpoint, sqs: Any) -> AsyncIterator[MakeQueue]:
    """Makes a queue that is removed after the test, and returns its name."""
    urls: list[str] = []

    async def make(attributes: Mapping[str, str] | None = None) -> str:
        name = f"{endpoint.prefix}-{uuid.uuid4().hex[:12]}"
        urls.append(sqs.create_queue(QueueName=name, Attributes=dict(attributes or {}))["QueueUrl"])
        # AWS says that a new queue is usable everywhere a second later.
        await wait_until(lambda: _is_there(sqs, name))
        return name

    yield make
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def _is_there(sqs: Any, name: str) -> bool:
    try:
        sqs.get_queue_url(QueueName=name)
    except sqs.exceptions.QueueDoesNotExist:
        return False
    return True


OpenQueue = Callable[..., TaskQueue]


@pytest.fixture
def open_queue(adapters: aws.Aws) -> OpenQueue:
    """Opens our adapter of a queue: `open_queue(name, visibility_s=1)`."""

    def opened(name: str, visibility_s: int = 60) -> TaskQueue:
        return TaskQueue(adapters.queue._sqs, name, visibility_s)

    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def queue(make_queue: MakeQueue, open_queue: OpenQueue) -> TaskQueue:
    """An empty queue of this test."""
    return open_queue(await make_queue())
