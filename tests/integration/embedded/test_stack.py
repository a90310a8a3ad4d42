"""The embedded components: real servers, in a directory of their own."""

import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import boto3
import pytest
import redis
from botocore.config import Config

from embedded.errors import StackError
from embedded.stack import Stack
from tests.integration.embedded.names import ODD_NAME
from tests.support.components import restart, send_signal
from tests.support.lanes import InTime


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack") / ODD_NAME, durable=True) as running:
        yield running


def client(stack: Stack, service: str) -> Any:
    env = stack.environment
    return boto3.client(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=Config(signature_version="s3v4" if service == "s3" else None),
    )


def query(stack: Stack, *statements: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(stack.environment["DATABASE_URL"])
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def test_postgres_gives_the_application_its_own_database(stack: Stack) -> None:
    assert query(stack, "SELECT current_database()") == "framemill"
    assert query(stack, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert int(query(stack, "SHOW server_version_num")) >= 18_00_00


def test_postgres_wants_the_password(stack: Stack) -> None:
    wrong = stack.environment["DATABASE_URL"].replace("framemill:", "framemill:x", 1)
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(asyncpg.connect(wrong))


def test_valkey_wants_the_password(stack: Stack) -> None:
    url = stack.environment["REDIS_URL"]
    with redis.Redis.from_url(url) as connection:
        assert connection.ping()
    with (
        redis.Redis.from_url(url.replace("redis://:", "redis://:x", 1)) as connection,
        pytest.raises(redis.AuthenticationError),
    ):
        connection.ping()


def test_both_keep_what_they_had_over_a_restart(stack: Stack) -> None:
    query(stack, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    with redis.Redis.from_url(stack.environment["REDIS_URL"]) as connection:
        connection.set("kept", "7")
    restart(stack.supervisor, "postgres")
    restart(stack.supervisor, "valkey")
    assert query(stack, "SELECT n FROM kept") == 7
    with redis.Redis.from_url(stack.environment["REDIS_URL"]) as connection:
        assert connection.get("kept") == b"7"


def test_postgres_comes_back_after_a_kill(stack: Stack) -> None:
    send_signal(stack.supervisor, "postgres", signal.SIGKILL)
    restart(stack.supervisor, "postgres")
    assert query(stack, "SELECT 1") == 1


def test_the_queue_has_a_dead_letter_queue_and_long_polls(stack: Stack) -> None:
    sqs = client(stack, "sqs")
    url = sqs.get_queue_url(QueueName="framemill-tasks")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "60"
    assert found["ReceiveMessageWaitTimeSeconds"] == "20"
    redrive = json.loads(found["RedrivePolicy"])
    assert int(redrive["maxReceiveCount"]) == 20
    assert redrive["deadLetterTargetArn"].endswith(":framemill-tasks-dead")


def preflight(stack: Stack, origin: str) -> dict[str, str]:
    request = urllib.request.Request(
        stack.environment["AWS_ENDPOINT_URL"] + "/framemill/key",
        method="OPTIONS",
        headers={"Origin": origin, "Access-Control-Request-Method": "PUT"},
    )
    with urllib.request.urlopen(request) as response:
        return {name.lower(): value for name, value in response.headers.items()}


def test_pages_may_upload_and_read_the_etag(stack: Stack) -> None:
    answer = preflight(stack, "http://localhost:5173")
    assert answer["access-control-allow-origin"] == "http://localhost:5173"
    assert "PUT" in answer["access-control-allow-methods"]
    exposed = answer["access-control-expose-headers"]
    assert {"ETag", "Content-Range"} <= set(exposed.split(", "))


def test_other_pages_may_not(stack: Stack) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        preflight(stack, "http://localhost.example")
    assert refused.value.code == 403
    refused.value.close()


def test_rules_queues_and_objects_survive_a_killed_emulator(stack: Stack) -> None:
    s3 = client(stack, "s3")
    s3.put_object(Bucket="framemill", Key="kept", Body=b"7")
    send_signal(stack.supervisor, "emulator", signal.SIGKILL)
    restart(stack.supervisor, "emulator")
    assert s3.get_object(Bucket="framemill", Key="kept")["Body"].read() == b"7"
    assert client(stack, "sqs").get_queue_url(QueueName="framemill-tasks")["QueueUrl"]
    assert preflight(stack, "http://localhost:5173")
    rules = s3.get_bucket_lifecycle_configuration(Bucket="framemill")["Rules"]
    assert rules[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_a_directory_is_used_by_one_stack_only(stack: Stack) -> None:
    second = Stack(stack.data_dir, {"valkey"})
    with pytest.raises(StackError, match="in use by another running Framemill"):
        second.start()
    assert query(stack, "SELECT 1") == 1


def test_a_second_start_has_the_same_ports_secrets_and_data(
    tmp_path: Path, in_time: InTime
) -> None:
    components = {"postgres", "valkey"}
    with Stack(tmp_path, components) as first:
        query(first, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
        before = first.environment
    begun = time.monotonic()
    with Stack(tmp_path, components) as second:
        in_time("two components start again", time.monotonic() - begun, 5)
        assert second.environment == before
        assert query(second, "SELECT n FROM kept") == 7


def test_a_pid_file_that_names_a_foreign_process_does_not_stop_postgres(tmp_path: Path) -> None:
    components = {"postgres"}
    with Stack(tmp_path, components) as first:
        pass
    files = tmp_path / "postgres"
    # A process of the same user, which PostgreSQL by itself takes for a running server.
    owner = files.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=owner) as foreign:
        try:
            (files / "postmaster.pid").write_text(f"{foreign.pid}\n" + "x\n" * 7)
            with Stack(tmp_path, components) as second:
                assert query(second, "SELECT 1") == 1
            assert foreign.poll() is None
        finally:
            foreign.kill()
    assert first.environment == second.environment


def test_nothing_runs_after_the_end(tmp_path: Path) -> None:
    with Stack(tmp_path, {"postgres", "valkey"}) as running:
        pids = running.supervisor.pids
        assert set(pids) == {"postgres", "valkey"}
    assert not [pid for pid in pids.values() if Path(f"/proc/{pid}").exists()]
    assert running.supervisor.pids == {}
