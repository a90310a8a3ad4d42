"""Makes a world on a stack that runs."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aioboto3
import boto3
import httpx
from sqlalchemy import text

from core.adapters.postgres import Database
from embedded.stack import Stack
from localstack.provision import make_queues
from tests.faults import history
from tests.faults.clips import FaultClips
from tests.faults.timing import Timing
from tests.faults.world import World
from tests.support.databases import own_database
from tests.support.product import PROJECT
from tests.support.settings import settings_of

# An idle connection is given up sooner than the API (KEEP_ALIVE_S) closes it; a POST that meets the
# closing is not sent again.
_LIMITS = httpx.Limits(keepalive_expiry=2)


@asynccontextmanager
async def opened(
    stack: Stack,
    directory: Path,
    timing: Timing,
    clips: FaultClips,
    *,
    mutations: Sequence[str] = (),
    focus: Sequence[str] = (),
    extra: dict[str, str] | None = None,
) -> AsyncIterator[World]:
    """Make a world on a stack that runs: a database and queues of its own, no process yet.

    Worlds of one stack can be there at the same time; what they share is Valkey and the bucket.

    Args:
        stack: Postgres with its tables, Valkey, and the emulator.
        directory: empty.
        timing: how patient the product is.
        clips: films.
        mutations: what every process does without.
        focus: the kinds of tries to make; all when empty.
        extra: further settings of every process.
    """
    settings = settings_of(stack)
    environment = stack.environment
    session = aioboto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    async with AsyncExitStack() as held:
        database_url = await held.enter_async_context(own_database(stack))
        db = Database(
            settings_of(stack, database_url=database_url).database_url.get_secret_value(), 5
        )
        held.push_async_callback(db.close)
        async with db.begin() as tx:
            for statement in history.INSTALL:
                await tx.execute(text(statement))
        address = environment["AWS_ENDPOINT_URL"]
        s3 = await held.enter_async_context(session.client("s3", endpoint_url=address))
        sqs = await held.enter_async_context(session.client("sqs", endpoint_url=address))
        queue_url, dead_queue_url = await asyncio.to_thread(_make_queues, environment)
        http = await held.enter_async_context(
            httpx.AsyncClient(verify=False, trust_env=False, timeout=60, limits=_LIMITS)
        )
        world = World(
            stack=stack,
            directory=directory,
            timing=timing,
            clips=clips,
            mutations=tuple(mutations),
            focus=tuple(focus),
            extra=dict(extra or {}),
            database_url=database_url,
            db=db,
            s3=s3,
            sqs=sqs,
            queue_url=queue_url,
            dead_queue_url=dead_queue_url,
            bucket=settings.s3_bucket,
            http=http,
        )
        held.callback(world.close)
        yield world


def _make_queues(environment: dict[str, str]) -> tuple[str, str]:
    """Make a queue and its dead-letter queue as they are in operation; return their addresses."""
    sqs = boto3.client(
        "sqs",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    resources = json.loads((PROJECT / "localstack" / "resources.json").read_text())
    name = f"faults-{uuid.uuid4().hex}"
    with contextlib.closing(sqs):
        make_queues(sqs, name, f"{name}-dead", resources)
        addresses = [
            str(sqs.get_queue_url(QueueName=each)["QueueUrl"]) for each in (name, f"{name}-dead")
        ]
    return addresses[0], addresses[1]
