"""A worker on AWS: it says when it is at work, and hears that its machine is taken back."""

import asyncio
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from client import Framemill
from core.adapters.postgres import Database
from core.adapters.sqs import encode
from core.model.states import TaskState
from core.model.tables import Task
from embedded.stack import Stack
from tests.support.product import Clips, Workers, messages_in, until_final
from tests.support.recorder import Asked, recording
from tests.support.settings import settings_of
from tests.support.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.thorough("what Fargate and Spot do to a worker")

Somebody = Callable[[Stack], Framemill]


def protected(asked: Asked) -> tuple[int, bytes]:
    return 200, b'{"protection": {}}'


def test_a_worker_is_protected_while_it_works_and_drains_when_its_machine_goes(
    unmanned: Stack, workers: Workers, somebody: Somebody, clips: Clips, tmp_path: Path
) -> None:
    notices: list[bytes] = []

    def metadata(asked: Asked) -> tuple[int, bytes]:
        if asked.method == "PUT":
            return 200, b"token"
        return (200, notices[0]) if notices else (404, b"")

    framemill = somebody(unmanned)
    short = framemill.upload(clips.short(tmp_path / "short.mp4", seconds=1))
    with recording(protected) as agent, recording(metadata) as machine:

        def wishes() -> list[bool]:
            return [json.loads(asked.body)["ProtectionEnabled"] for asked in agent.asked]

        worker = workers.start(
            ECS_AGENT_URI=agent.address,
            SPOT_NOTICES="true",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=machine.address,
        )
        assert until_final(framemill, short).state == "ready"
        wait_for(lambda: wishes() == [True, False])
        long = framemill.upload(clips.short(tmp_path / "long.mp4", seconds=40, size="1280x720"))
        wait_for(lambda: framemill.video(long.id).stage == "encoding")
        assert wishes() == [True, False, True]
        notices.append(b'{"action": "terminate", "time": "2026-11-21T08:22:00Z"}')
        assert worker.wait(PATIENCE_S) == 0
    assert workers.events("spot_notice")
    assert framemill.video(long.id).state == "queued"
    waiting = asyncio.run(_waiting_task(unmanned, uuid.UUID(long.id)))
    assert (waiting.attempt, waiting.charged) == (1, 0), "charged for a machine that went"


async def _waiting_task(stack: Stack, video_id: uuid.UUID) -> Any:
    db = Database(settings_of(stack).database_url.get_secret_value(), 1)
    try:
        async with db.autocommit() as connection:
            statement = select(Task.attempt, Task.charged).where(
                Task.video_id == video_id, Task.state == TaskState.QUEUED
            )
            return (await connection.execute(statement)).one()
    finally:
        await db.close()


def test_a_worker_logs_in_with_the_password_that_secrets_manager_has(
    unmanned: Stack, workers: Workers
) -> None:
    environment = unmanned.environment
    database = urlsplit(environment["DATABASE_URL"])
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        session = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
        )
        address = f"http://{host}:{port}"
        session.client("secretsmanager", endpoint_url=address).create_secret(
            Name="database",
            SecretString=json.dumps({"username": database.username, "password": database.password}),
        )
        sqs = session.client("sqs", endpoint_url=address)
        queue = sqs.create_queue(QueueName="framemill-tasks")["QueueUrl"]
        # A task that is not there, or another one that waits: only the database can say so.
        sqs.send_message(QueueUrl=queue, MessageBody=encode(uuid.uuid4()))
        workers.start(
            AWS_ENDPOINT_URL=address,
            AWS_ENDPOINT_URL_S3=environment["AWS_ENDPOINT_URL"],
            SQS_QUEUE="framemill-tasks",
            DATABASE_URL=f"postgresql://{database.hostname}:{database.port}{database.path}",
            DATABASE_SECRET="database",
        )
        # It is settled once the database has answered, and not before.
        wait_for(lambda: messages_in(sqs, queue) == 0)
        assert not workers.events("claim_failed")
        workers.end()
    finally:
        server.stop()
