"""Every hostile file ends as it must, through the real worker, with and without its sandbox.

A few of them in each run of the tests: which ones follows from the seed.
"""

import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from core.adapters.postgres import Database
from embedded.stack import Stack
from tests.hostile.conftest import BLIND, Watch
from tests.hostile.maker import Maker
from tests.hostile.run import SECRETS, Run, left_behind, stop, wrong
from tests.hostile.table import READY, Hostile, hostile_files
from tests.support import warm
from tests.support.app import StartApi
from tests.support.control import at_work
from tests.support.lanes import Rounds
from tests.support.people import new_user
from tests.support.product import Workers
from tests.support.settings import Settings, overridden
from workers.sandbox.kernel import ask_kernel

MEMORY = 600 * 1024**2  # of the worker or any program that it ran
# Uploads come faster than people begin them, and what was given back is sent again at once.
_SETTINGS = {"sweep_s": 0.5, "rate_limit_uploads": 100_000}
# A busy machine is no reason to try a file twice.
_PATIENT = {"PROBE_TIMEOUT_S": "40", "WALL_TIME_MIN_S": "200"}


@pytest.fixture
def workers(stack: Stack, tmp_path: Path) -> Iterator[Workers]:
    # Its memory is measured, so it shares none.
    found = Workers(stack, tmp_path, warm.start_cold)
    yield found
    found.end()


@pytest_asyncio.fixture(loop_scope="session")
async def control(settings: Settings) -> AsyncIterator[None]:
    """Sends to the worker what is uploaded, and again what it gives back."""
    async with at_work(overridden(settings, **_SETTINGS)):
        yield


@pytest.mark.thorough("a set of hostile files; make test has those at the door")
@pytest.mark.parametrize(
    "sandbox",
    ["required", "off"],  # the sandbox is not what refuses a file
)
async def test_every_hostile_file(
    clean: None, start_api: StartApi, control: None, settings: Settings, db: Database, s3: Any,
    workers: Workers, watch: Watch, maker: Maker, tmp_path: Path,
    figure: Callable[[str, object], None], rounds: Rounds, seed: int, sandbox: str,
) -> None:  # fmt: skip
    if sandbox == "required" and ask_kernel().missing:
        pytest.skip("this kernel offers no sandbox")
    api = await start_api(**_SETTINGS)
    run = Run(await new_user(api), db, s3, settings.s3_bucket)
    worker = workers.start(SQS_QUEUE=settings.sqs_queue, SANDBOX=sandbox, **_PATIENT)
    every = hostile_files()
    files = _some(every, rounds(test=6, rest=len(every), prove=len(every)), seed)
    words = [*SECRETS, *(each.word for each in watch.canaries)]
    faults: dict[str, list[str]] = {}
    slowest = 0.0
    for each, (bad, good) in zip(files, await run.send(files, maker), strict=True):
        ended = await run.ended(bad)
        found = wrong(each, ended, words)
        slowest = max(slowest, ended.seconds)
        behind = (await run.ended(good)).outcome
        if behind != READY:
            found.append(f"the good film behind it ended as {behind}")
        if found:
            faults[each.name] = found
    assert worker.poll() is None, "the worker has died"
    (held,) = workers.events("sandbox")
    assert bool(held["layers"]) == (sandbox == "required")
    left = left_behind(tmp_path / "scratch")
    status, memory = await stop(worker)
    figure(
        f"hostile files, sandbox {sandbox}",
        f"{len(files) - len(faults)} of {len(files)} right; "
        f"at most {slowest:.1f} s and {memory >> 20} MB",
    )
    assert not faults, faults
    assert watch.wrong() == []
    assert left == []
    assert (status, left_behind(tmp_path / "scratch")) == (0, [])
    assert memory < MEMORY
    assert slowest < sum(map(float, _PATIENT.values()))


def _some(files: Sequence[Hostile], count: int, seed: int) -> list[Hostile]:
    """Return so many, in the order of the table."""
    chosen = {each.name for each in random.Random(seed).sample(files, count)}
    return [each for each in files if each.name in chosen]


async def test_the_witnesses_see(watch: Watch) -> None:
    """Without this the run above might see nothing because nobody looks."""
    assert watch.wrong() == []
    if not all(each.noticing for each in watch.canaries):
        pytest.skip(BLIND)
    watch.canaries[0].path.read_bytes()
    host, _, port = watch.listener.address.partition(":")
    with socket.create_connection((host, int(port))) as calling:
        assert calling.recv(1) == b""
    assert watch.wrong() == ["canary.ts was read", "1 connections were made"]
