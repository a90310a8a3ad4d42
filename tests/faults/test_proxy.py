"""The proxy: invisible until it is told to misbehave, and then as told."""

import contextlib
import http.client
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from embedded.stack import Stack
from tests.faults.misbehaviour import Answer, Cut, Hang, Shorten, Slow
from tests.faults.operations import operation_of
from tests.faults.proxy import Proxy
from tests.support.waiting import PATIENCE_S, wait_for

BUCKET = "framemill"
BODY = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Proxy]:
    with Proxy(stack.environment["AWS_ENDPOINT_URL"], seed=1) as started:
        yield started


def client(
    stack: Stack, proxy: Proxy, service: str = "s3", read_timeout: float = PATIENCE_S
) -> Any:
    environment = stack.environment
    return boto3.client(
        service,
        endpoint_url=proxy.url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            read_timeout=read_timeout,
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",  # as the product
        ),
    )


@pytest.fixture
def s3_behind(stack: Stack, proxy: Proxy) -> Iterator[Any]:
    found = client(stack, proxy)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("PUT", "/framemill/a/b.mp4", "PutObject"),
        ("PUT", "/framemill/a?partNumber=1&uploadId=x", "UploadPart"),
        ("POST", "/framemill/a?uploads", "CreateMultipartUpload"),
        ("POST", "/framemill/a?uploadId=x", "CompleteMultipartUpload"),
        ("DELETE", "/framemill/a?uploadId=x", "AbortMultipartUpload"),
        ("GET", "/framemill/a?uploadId=x", "ListParts"),
        ("GET", "/framemill/?list-type=2&prefix=a", "ListObjectsV2"),
        ("HEAD", "/framemill", "HeadBucket"),
        ("POST", "/framemill?delete", "DeleteObjects"),
    ],
)
def test_operations_of_s3_are_told_apart(method: str, target: str, operation: str) -> None:
    assert operation_of(method, target, {}) == operation


def test_operations_of_sqs_are_told_apart() -> None:
    assert operation_of("POST", "/", {"X-Amz-Target": "AmazonSQS.SendMessage"}) == "SendMessage"


def test_what_is_written_is_read_whole_and_in_ranges(proxy: Proxy, s3_behind: Any) -> None:
    s3_behind.put_object(Bucket=BUCKET, Key="proxy/a é+b", Body=BODY)
    whole = s3_behind.get_object(Bucket=BUCKET, Key="proxy/a é+b")["Body"].read()
    part = s3_behind.get_object(Bucket=BUCKET, Key="proxy/a é+b", Range="bytes=300-999")
    assert whole == BODY
    assert (part["ContentRange"], part["Body"].read()) == (
        f"bytes 300-999/{len(BODY)}",
        BODY[300:1000],
    )
    assert s3_behind.head_object(Bucket=BUCKET, Key="proxy/a é+b")["ContentLength"] == len(BODY)
    assert proxy.passed == {"PutObject": 1, "GetObject": 2, "HeadObject": 1}


def test_a_presigned_url_names_the_proxy_and_is_good(proxy: Proxy, s3_behind: Any) -> None:
    named = {"Bucket": BUCKET, "Key": "proxy/presigned"}
    put = s3_behind.generate_presigned_url("put_object", Params=named, ExpiresIn=60)
    urllib.request.urlopen(
        urllib.request.Request(put, BODY, method="PUT"), timeout=PATIENCE_S
    ).close()
    get = s3_behind.generate_presigned_url("get_object", Params=named, ExpiresIn=60)
    with urllib.request.urlopen(get, timeout=PATIENCE_S) as answer:
        assert answer.read() == BODY
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(get.replace("presigned", "other"), timeout=PATIENCE_S)
    refused.value.close()
    assert refused.value.code == 403


def test_a_connection_is_kept(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection(
        "127.0.0.1", urlsplit(proxy.url).port or 0, timeout=PATIENCE_S
    )
    connection.connect()
    first = connection.sock
    for _ in range(2):
        connection.request("PUT", "/framemill/x", iter([b"ab", b"c"]))  # chunked
        answer = connection.getresponse()
        assert answer.status == 403, "unsigned"
        answer.read()
    assert connection.sock is first
    connection.close()


@pytest.mark.parametrize("fault", [None, Answer()], ids=["passed on", "refused"])
def test_a_body_that_waits_to_be_asked_for_is_asked_for(proxy: Proxy, fault: Answer | None) -> None:
    if fault is not None:
        proxy.set(fault)
    with socket.create_connection(
        ("127.0.0.1", urlsplit(proxy.url).port or 0), PATIENCE_S
    ) as connection:
        connection.sendall(
            b"PUT /framemill/x HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n"
            b"Connection: close\r\nExpect: 100-continue\r\n\r\n"
        )
        with connection.makefile("rb") as answers:
            assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
            connection.sendall(b"ab")
            assert (answers.readline(), answers.readline()[:9]) == (b"\r\n", b"HTTP/1.1 ")


def test_the_queue_is_reached_through_it(stack: Stack, proxy: Proxy) -> None:
    sqs = client(stack, proxy, "sqs")
    url = sqs.get_queue_url(QueueName="framemill-tasks")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.purge_queue(QueueUrl=url)
    sqs.close()
    assert proxy.passed == {"GetQueueUrl": 1, "SendMessage": 1, "PurgeQueue": 1}


def test_it_refuses_as_often_as_told(proxy: Proxy, s3_behind: Any) -> None:
    rule = proxy.set(Answer(503, "SlowDown"), operations={"PutObject"}, times=1)
    with pytest.raises(ClientError) as refused:
        s3_behind.put_object(Bucket=BUCKET, Key="proxy/refused", Body=BODY)
    assert refused.value.response["Error"]["Code"] == "SlowDown"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    s3_behind.put_object(Bucket=BUCKET, Key="proxy/refused", Body=BODY)
    assert (rule.hits, proxy.faulted) == (1, {"PutObject": 1})


def test_chance_befalls_some(proxy: Proxy, s3_behind: Any) -> None:
    rule = proxy.set(Answer(), operations={"HeadBucket"}, chance=0.5)
    for _ in range(40):
        with contextlib.suppress(ClientError):
            s3_behind.head_bucket(Bucket=BUCKET)
    assert 5 < rule.hits < 35
    assert rule.hits + proxy.passed["HeadBucket"] == 40


def test_it_cuts_before_the_request_and_after_it(proxy: Proxy, s3_behind: Any) -> None:
    proxy.set(Cut(), times=1)
    with pytest.raises(ConnectionClosedError):
        s3_behind.put_object(Bucket=BUCKET, Key="proxy/cut", Body=b"new")
    with pytest.raises(ClientError, match="404"):
        s3_behind.head_object(Bucket=BUCKET, Key="proxy/cut")
    proxy.set(Cut(after="request"), operations={"PutObject"})
    with pytest.raises(ConnectionClosedError):
        s3_behind.put_object(Bucket=BUCKET, Key="proxy/cut", Body=b"new")
    assert s3_behind.head_object(Bucket=BUCKET, Key="proxy/cut")["ContentLength"] == 3


def test_it_cuts_in_the_middle_of_an_answer(proxy: Proxy, s3_behind: Any) -> None:
    s3_behind.put_object(Bucket=BUCKET, Key="proxy/half", Body=BODY)
    proxy.set(Cut(after="answer", body=1000), operations={"GetObject"})
    body = s3_behind.get_object(Bucket=BUCKET, Key="proxy/half")["Body"]
    with pytest.raises(Exception, match=r"(?i)broken|incomplete|reset"):
        body.read()


def test_it_shortens_a_body_unseen(proxy: Proxy, s3_behind: Any) -> None:
    proxy.set(Shorten(by=7), operations={"PutObject"})
    s3_behind.put_object(Bucket=BUCKET, Key="proxy/short", Body=BODY)
    assert s3_behind.head_object(Bucket=BUCKET, Key="proxy/short")["ContentLength"] == len(BODY) - 7


def test_it_trickles_and_hangs(stack: Stack, proxy: Proxy, s3_behind: Any) -> None:
    s3_behind.put_object(Bucket=BUCKET, Key="proxy/slow", Body=BODY)
    proxy.set(Slow(rate=10_000))
    body = s3_behind.get_object(Bucket=BUCKET, Key="proxy/slow")["Body"]
    assert len(body.read(2_000)) == 2_000, "it does come"
    body.close()
    hurried = client(stack, proxy, read_timeout=0.3)
    rule = proxy.set(Hang())
    with pytest.raises(ReadTimeoutError):
        hurried.head_bucket(Bucket=BUCKET)
    hurried.close()
    assert rule.hits == 1


def test_a_service_that_is_away_shows_as_a_broken_connection(tmp_path: Path) -> None:
    with Proxy("http://127.0.0.1:9") as alone:  # nobody listens on the discard port
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            urllib.request.urlopen(alone.url, timeout=PATIENCE_S)
        wait_for(lambda: alone.passed["HeadBucket"] + alone.passed["ListObjectsV2"] == 1)


def test_a_connection_that_comes_while_it_closes_is_closed() -> None:
    """Each of many, or its socket is left to the garbage collector, which warns another test."""
    for _ in range(30):
        with Proxy() as proxy:
            arriving = [socket.create_connection(("127.0.0.1", proxy._port)) for _ in range(3)]
        for each in arriving:
            each.settimeout(PATIENCE_S)
            with each, contextlib.suppress(ConnectionResetError):
                assert each.recv(1) == b""
