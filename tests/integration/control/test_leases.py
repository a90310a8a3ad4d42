"""A lease that lapsed says nothing where nobody could extend it: real stops of what may stop."""

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select
from structlog.testing import capture_logs

from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.model.ids import new_id
from core.model.states import Stage
from core.model.tables import Job, OldTask
from core.tasks import lease
from core.tasks.claim import Claim
from embedded.stack import Stack
from tests.support import warm
from tests.support.components import restart
from tests.support.control import rounds_of
from tests.support.settings import Settings, overridden, settings_of
from tests.support.waiting import wait_until
from tests.support.work import claim, let_lapse, new_video, queue_video, task_of


@pytest_asyncio.fixture(loop_scope="session")
async def own(stack: Stack, tmp_path: Path) -> AsyncIterator[tuple[Stack, Database]]:
    """A Postgres that may be stopped."""
    with Stack(tmp_path / "own", {"postgres", "valkey", "migrate"}) as started:
        db = Database(settings_of(started).database_url.get_secret_value())
        yield started, db
        await db.close()


async def beat(db: Database, held: Claim) -> None:
    """Say that its worker lives; raises `LeaseLost` if that comes too late."""
    async with db.begin() as tx:
        await lease.heartbeat(tx, held, 60, stage=Stage.ENCODING, progress=1.0, eta_s=None)


async def test_after_an_outage_workers_may_first_say_that_they_live(
    settings: Settings, own: tuple[Stack, Database]
) -> None:
    stack, db = own
    living, silent = await queue_video(db), await queue_video(db)
    held = await claim(db, living.task_id)
    await claim(db, silent.task_id)
    rounds = rounds_of(overridden(settings, heartbeat_s=2), db, careful=True)
    await wait_until(rounds.leases.are_trusted)
    for film in (living, silent):
        await let_lapse(db, film.task_id)
    restart(stack.supervisor, "postgres")

    async def looked() -> bool:
        try:
            await rounds.leases.lapse()
        except DatabaseAway:  # its connections were of the server before
            return False
        return True

    await wait_until(looked)
    assert (await task_of(db, silent.video_id)).state == "running"
    await beat(db, held)

    async def back() -> bool:
        await rounds.leases.lapse()
        return bool((await task_of(db, silent.video_id)).state == "queued")

    await wait_until(back)  # it has said nothing for a beat
    assert (await task_of(db, living.video_id)).state == "running"


async def test_so_may_those_of_the_release_before(
    clean: None, settings: Settings, db: Database
) -> None:
    film = await new_video(db, state="processing")
    async with db.begin() as tx:
        job = {"id": new_id(), "video_id": film.video_id}
        await tx.execute(
            insert(Job).values(**job, user_id=film.user_id, operation="transcode", state="running")
        )
        await tx.execute(
            insert(OldTask).values(
                id=new_id(), job_id=job["id"], video_id=film.video_id, user_id=film.user_id,
                state="running", attempt=1, charged=1, lease_until=func.now(),
            )
        )  # fmt: skip
    rounds = rounds_of(overridden(settings, heartbeat_s=1), db, careful=True)

    async def left() -> int:
        await rounds.leases.adopt()
        async with db.autocommit() as connection:
            found = await connection.scalar(select(func.count()).select_from(OldTask))
            return int(found or 0)

    assert await left() == 1

    async def taken() -> bool:
        return not await left()

    await wait_until(taken)


async def test_a_video_that_is_given_up_is_told(
    clean: None, settings: Settings, db: Database
) -> None:
    rounds = rounds_of(overridden(settings, max_attempts=2), db)
    film = await queue_video(db)
    with capture_logs() as logs:
        for _ in range(2):
            await claim(db, film.task_id)
            await let_lapse(db, film.task_id)
            await rounds.leases.lapse()
    told = [(each["event"], each.get("code"), each.get("video_id")) for each in logs]
    lapsed = ("leases_lapsed", None, None)
    assert told == [lapsed, ("failed", "processing_gave_up", str(film.video_id)), lapsed]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "control.log"


@pytest.fixture
def control(stack: Stack, settings: Settings, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    own = {"CONTROL_PORT": "0", "SWEEP_S": "0.1", "HEARTBEAT_S": "3", "PROGRESS_S": "1"}
    queues = {
        "SQS_QUEUE": settings.sqs_queue,
        "SQS_DEAD_LETTER_QUEUE": settings.sqs_dead_letter_queue,
    }
    process = warm.start_cold("control", os.environ | stack.environment | own | queues, log)
    yield process
    process.kill()
    process.wait()


async def test_so_they_may_after_control_began_or_stood_still(
    clean: None, db: Database, control: "subprocess.Popen[bytes]", log: Path
) -> None:
    film = await queue_video(db)
    held = await claim(db, film.task_id)
    await let_lapse(db, film.task_id)
    await wait_until(lambda: waits(log) == 1, 30)
    await beat(db, held)
    control.send_signal(signal.SIGSTOP)
    await let_lapse(db, film.task_id)
    await wait_until(lambda: stands_still(control))
    long_enough = func.pg_sleep(3.5)  # to be missed: longer than a round and a beat
    async with db.autocommit() as connection:
        await connection.execute(select(long_enough))
    control.send_signal(signal.SIGCONT)
    await wait_until(lambda: waits(log) == 2, 30)
    await beat(db, held)
    await let_lapse(db, film.task_id)

    async def back() -> bool:
        return bool((await task_of(db, film.video_id)).state == "queued")

    await wait_until(back, 30)


def waits(log: Path) -> int:
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return sum(json.loads(line)["event"] == "leases_wait" for line in lines)


def stands_still(process: "subprocess.Popen[bytes]") -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"
