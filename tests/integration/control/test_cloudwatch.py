"""What CloudWatch is told: by this number a fleet on AWS grows and shrinks."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import func, update

from control import cloudwatch
from core import setbacks
from core.adapters import aws
from core.adapters.postgres import Database
from core.errors import DatabaseAway, Unavailable
from core.model.tables import Task
from core.tasks import settle
from core.tasks.planning import NewTask
from tests.support.control import at_work
from tests.support.settings import Settings, overridden
from tests.support.waiting import wait_until
from tests.support.work import claim, lapse, let_lapse, planned, queue_video, succeed


@dataclass(frozen=True)
class Cloud:
    """Something that takes metrics as CloudWatch does, and a namespace of this test's own."""

    settings: Settings
    namespace: str

    async def tell(self, db: Database) -> None:
        async with aws.client(self.settings, "cloudwatch") as client:
            await cloudwatch.tell(client, self.namespace, db, self.settings.max_attempts)

    def told(self, name: str) -> list[float]:
        """Return the largest value of each minute."""
        address, region = self.settings.aws_endpoint_url, self.settings.aws_region
        client: Any = boto3.client("cloudwatch", endpoint_url=address, region_name=region)
        now = datetime.now(UTC)
        found = client.get_metric_statistics(
            Namespace=self.namespace, MetricName=name, Period=60, Statistics=["Maximum"],
            StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5),
        )  # fmt: skip
        return [each["Maximum"] for each in found["Datapoints"]]


@pytest.fixture
def cloud(settings: Settings) -> Iterator[Cloud]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    here = overridden(settings, aws_endpoint_url=f"http://{host}:{port}")
    yield Cloud(here, f"Framemill/{uuid.uuid4().hex}")  # all of them remember in one place
    server.stop()


async def test_what_may_be_claimed_and_what_is_held_is_wanted(cloud: Cloud, db: Database) -> None:
    later, running, *_ = [await queue_video(db) for _ in range(5)]
    held = await claim(db, later.task_id)
    async with db.begin() as tx:
        await settle.give_back(tx, held, delay_s=60, charge=True)  # no worker could help it yet
    await claim(db, running.task_id)
    async with db.begin() as tx:
        ago = func.now() - timedelta(minutes=2)
        await tx.execute(update(Task).where(Task.id == running.task_id).values(available_at=ago))
    await cloud.tell(db)
    names = ("TasksWanted", "TasksWaiting", "TasksHeld")
    assert [cloud.told(name) for name in names] == [[4], [3], [1]]
    [oldest_s] = cloud.told("OldestWaiting")
    assert 0 < oldest_s < 100  # of those that wait


async def test_who_waits_again_waits_from_the_moment_that_it_may_be_claimed(
    cloud: Cloud, db: Database
) -> None:
    """Neither while a worker had it that fell silent, nor while it was blocked."""
    lapsed, blocking = await queue_video(db), await queue_video(db)
    plan = (NewTask("encode", "first"), NewTask("encode", "second", needs=("first",)))
    first = await planned(db, await claim(db, blocking.task_id), plan)
    await claim(db, lapsed.task_id)
    async with db.begin() as tx:
        await tx.execute(update(Task).values(available_at=func.now() - timedelta(hours=2)))
    await let_lapse(db, lapsed.task_id)
    assert await lapse(db) == 1
    await succeed(db, first)
    await cloud.tell(db)
    assert cloud.told("TasksWaiting") == [2]
    [oldest_s] = cloud.told("OldestWaiting")
    assert 0 <= oldest_s < 100


async def test_what_no_worker_may_claim_is_not_wanted(cloud: Cloud, db: Database) -> None:
    broken, exhausted, _good = [(await queue_video(db)).task_id for _ in range(3)]
    await setbacks.note(db, setbacks.Kind.CLAIM, broken, RuntimeError("its row cannot be written"))
    async with db.begin() as tx:
        charged = {"charged": cloud.settings.max_attempts}
        await tx.execute(update(Task).where(Task.id == exhausted).values(charged))
    await cloud.tell(db)
    assert cloud.told("TasksWanted") == [1]


async def test_that_there_is_nothing_to_do_is_told_too(cloud: Cloud, db: Database) -> None:
    await cloud.tell(db)
    for name in ("TasksWanted", "OldestWaiting"):
        assert cloud.told(name) == [0]


async def test_what_cannot_be_counted_is_not_told_as_nothing(cloud: Cloud) -> None:
    away = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway):
        await cloud.tell(away)
    await away.close()
    assert cloud.told("TasksWanted") == []


async def test_a_cloudwatch_that_is_away_says_so(settings: Settings, db: Database) -> None:
    with pytest.raises(Unavailable):
        await Cloud(overridden(settings, aws_endpoint_url="http://127.0.0.1:1"), "-").tell(db)


async def test_control_tells_it(cloud: Cloud) -> None:
    async with at_work(overridden(cloud.settings, cloudwatch_namespace=cloud.namespace)):
        await wait_until(lambda: cloud.told("TasksWanted") == [0])
