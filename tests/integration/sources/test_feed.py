"""Bytes reach a program whole and in order, or it is killed and the reason is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import PermanentError, TransientError, Unavailable
from tests.faults.misbehaviour import Answer, Cut, Hang, Slow
from tests.support.transcoding import stored
from tests.support.waiting import patiently, wait_until
from workers.ffmpeg.process import (
    DEFAULT_PROCESS_LIMITS,
    FFmpegFailedError,
    Finished,
    ProcessLimits,
    StallError,
    run,
)
from workers.formats.known import Piece, Span
from workers.sources.feed import feeder
from workers.sources.ranges import Source
from workers.transfer_limits import DEFAULT_PACE, GONE, Pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.adapters.s3 import Storage
    from core.tasks.claim import Work
    from tests.faults.proxy import Proxy

MIB = 1024**2
BODY = bytes(range(251)) * (10 * MIB // 251)
HURRIED = Pace(least_rate=4 * MIB, grace_s=0.3)
# Takes some of it, and goes on when it is told.
HALTING = "head -c 100000 > copy; while [ ! -e go ]; do sleep 0.02; done; cat >> copy"


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.feed.range_length", lambda *_: 512 * 1024)


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """Neither the program nor what it is started by outlives its feeding."""
    yield
    pid = tmp_path / "pid"
    if pid.exists():
        assert not alive(int(pid.read_text()))


async def fed(
    storage: Storage,
    claim: Work,
    place: Path,
    script: str,
    stream: tuple[Piece, ...] | None = None,
    pace: Pace = DEFAULT_PACE,
    limits: ProcessLimits = DEFAULT_PROCESS_LIMITS,
) -> Finished:
    program = place / "program"
    program.write_text(f"#!/bin/sh\necho $$ > pid.new; mv pid.new pid\n{script}\n")
    program.chmod(0o755)
    source = Source(storage, claim.source_key, claim.source_size, claim.source_etag, 3, pace)
    feed = feeder(source, stream or (Span(0, source.size),))
    before = asyncio.all_tasks()
    try:
        return await run([str(program)], cwd=place, feed=feed, limits=limits)
    finally:
        assert asyncio.all_tasks() <= before, "a task is left behind"


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_all_of_it_arrives_in_the_order_that_was_asked_for(
    storage: Storage, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    stream = (Span(0, 10), b"in between", Span(7 * MIB, len(BODY)), Span(10, 7 * MIB))
    await fed(storage, claim, tmp_path, "cat > copy", stream)
    wanted = BODY[:10] + b"in between" + BODY[7 * MIB :] + BODY[10 : 7 * MIB]
    assert (tmp_path / "copy").read_bytes() == wanted


async def test_a_store_that_breaks_off_is_gone_on_with(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    rule = proxy.set(Cut("answer", body=100_000), operations={"GetObject"}, times=5)
    await fed(behind, claim, tmp_path, "cat > copy")
    assert rule.hits == 5
    assert (tmp_path / "copy").read_bytes() == BODY


async def test_a_store_that_goes_away_never_looks_like_the_end(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    script, pace = f"{HALTING}; echo whole > ended", Pace(away_s=0)
    task = asyncio.create_task(fed(behind, claim, tmp_path, script, pace=pace))
    await wait_until((tmp_path / "copy").exists)
    proxy.set(Cut(), operations={"GetObject"})
    (tmp_path / "go").touch()
    async with patiently():
        with pytest.raises(Unavailable):
            await task
    assert not (tmp_path / "ended").exists()


async def test_a_store_that_comes_back_is_waited_for_and_nothing_is_begun_anew(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is away for longer than the program may run; who is told to stop does not wait."""
    monkeypatch.setattr("workers.transfer_limits._MOST_PAUSE_S", 0.1)
    claim = await stored(storage, BODY[:MIB])
    # Two ranges: one of them at least fails three times for us, each time twice for the SDK.
    rule = proxy.set(Answer(503), operations={"GetObject"}, times=12)
    limits = ProcessLimits(stall_seconds=0.8, wall_seconds=0.8)
    finished = await fed(behind, claim, tmp_path, "cat > copy", limits=limits)
    assert (tmp_path / "copy").read_bytes() == BODY[:MIB]
    assert (rule.hits, finished.wall_seconds > 0.8) == (12, True)

    rule = proxy.set(Answer(503), operations={"GetObject"})
    task = asyncio.create_task(fed(behind, claim, tmp_path, "cat > copy"))
    await wait_until(lambda: rule.hits >= 8)
    task.cancel()
    async with patiently():
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_store_that_trickles_is_given_up_and_not_charged(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    proxy.set(Slow(rate=10_000), operations={"GetObject"})
    async with patiently():
        with pytest.raises(TransientError, match="too slowly") as slow:
            await fed(behind, claim, tmp_path, "cat > copy", pace=HURRIED)
    assert (slow.value.failure.code, slow.value.charge) == ("storage_error", False)


async def test_a_source_that_is_replaced_on_the_way_is_not_mixed(
    storage: Storage, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    task = asyncio.create_task(fed(storage, claim, tmp_path, HALTING))
    await wait_until((tmp_path / "copy").exists)
    await storage.put(claim.source_key, BODY[::-1], "video/mp4")
    (tmp_path / "go").touch()
    with pytest.raises(PermanentError) as gone:
        await task
    assert gone.value.failure == GONE


async def test_who_has_read_enough_may_end(storage: Storage, tmp_path: Path) -> None:
    claim = await stored(storage, BODY)
    await fed(storage, claim, tmp_path, "head -c 100000 > copy")
    assert (tmp_path / "copy").read_bytes() == BODY[:100_000]


async def test_who_ends_while_the_store_is_waited_for_is_not_waited_for(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    claim = await stored(storage, BODY)
    proxy.set(Hang(), operations={"GetObject"})
    async with patiently():
        await fed(behind, claim, tmp_path, "exit 0", pace=Pace(grace_s=10_000))


async def test_who_fails_on_the_way_is_heard(storage: Storage, tmp_path: Path) -> None:
    claim = await stored(storage, BODY)
    with pytest.raises(FFmpegFailedError, match="no more") as failed:
        await fed(storage, claim, tmp_path, "head -c 99999 > copy; echo no more >&2; exit 3")
    assert failed.value.status == 3


async def test_who_is_killed_on_the_way_is_noticed(storage: Storage, tmp_path: Path) -> None:
    claim = await stored(storage, BODY)
    with pytest.raises(FFmpegFailedError) as killed:
        await fed(storage, claim, tmp_path, "head -c 99999 > copy; kill -9 $$")
    assert killed.value.status == -9


@pytest.mark.parametrize("behaviour", [HALTING, "trap '' TERM; " + HALTING])
async def test_cancelling_leaves_nothing(storage: Storage, tmp_path: Path, behaviour: str) -> None:
    claim = await stored(storage, BODY)
    task = asyncio.create_task(fed(storage, claim, tmp_path, behaviour))
    await wait_until((tmp_path / "copy").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_waiting_for_the_store_is_not_the_program_s_time(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    """It takes three times as long as the program may run, or stand still."""
    claim = await stored(storage, BODY[:MIB])
    proxy.set(Slow(rate=200_000), operations={"GetObject"})
    limits = ProcessLimits(stall_seconds=0.8, wall_seconds=0.8)
    finished = await fed(behind, claim, tmp_path, "cat > copy", limits=limits)
    assert (tmp_path / "copy").read_bytes() == BODY[:MIB]
    assert finished.wall_seconds > 2 * limits.wall_seconds


async def test_a_program_that_stops_reading_is_found(storage: Storage, tmp_path: Path) -> None:
    claim = await stored(storage, BODY)
    limits = ProcessLimits(stall_seconds=0.5)
    async with patiently():
        with pytest.raises(StallError):
            await fed(storage, claim, tmp_path, "head -c 99999 > copy; sleep 600", limits=limits)
