"""Files go over whole, or it is told why not, within bounds, however badly the store behaves."""

import asyncio
import os
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from core.adapters import aws
from core.adapters.s3 import Storage
from core.errors import TransientError, Unavailable
from embedded.stack import Stack
from tests.faults.misbehaviour import Answer, Cut, Hang, Shorten, Slow
from tests.faults.proxy import Proxy
from tests.faults.small_disk import small_disk
from tests.support.settings import Settings, overridden
from tests.support.waiting import patiently, wait_until
from workers.outputs.file_range import Slice
from workers.outputs.send import send_stretch
from workers.outputs.upload import Front, Upload
from workers.runtime.classify_error import classify_error
from workers.sources.fetch import fetch
from workers.sources.ranges import Source
from workers.transfer_limits import DEFAULT_PACE, Pace

MIB = 1024**2
HURRIED = Pace(least_rate=4 * MIB, grace_s=0.3)
BODY = bytes(range(251)) * (10 * MIB // 251)  # more than one range


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Proxy]:
    with Proxy(stack.environment["AWS_ENDPOINT_URL"]) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def behind(settings: Settings, proxy: Proxy) -> AsyncIterator[Storage]:
    """The bucket, seen through the proxy."""
    values = {
        "aws_endpoint_url_s3": proxy.url,
        "s3_read_timeout_s": 5,
        "lease_s": 3,
        "heartbeat_s": 1,
    }
    async with aws.connect(overridden(settings, **values)) as found:
        yield found.storage


async def stored(storage: Storage, body: bytes = BODY) -> str:
    key = f"transfer/{uuid.uuid4().hex}"
    await storage.put(key, body, "video/mp4")
    return key


async def fetched(behind: Storage, key: str, target: Path, pace: Pace = DEFAULT_PACE) -> bytes:
    await fetch(Source(behind, key, len(BODY), None, 2, pace), target, lambda _: None)
    return target.read_bytes()


async def sent(behind: Storage, path: Path, pace: Pace = DEFAULT_PACE) -> str:
    """Send a file as one that has grown, and is sent in parts if it is large."""
    key, size = f"transfer/{uuid.uuid4().hex}", path.stat().st_size
    upload = Upload(behind, path, key, "video/mp4", asyncio.Semaphore(2), pace)
    upload.grown(size)
    assert (upload.kept < size) == (size > 16 * MIB)
    kept = min(upload.kept, size)
    try:
        await upload.finish(Front(path, kept, size))
        await upload.complete()
    finally:
        await upload.close()
    return key


async def read(storage: Storage, key: str, size: int) -> bytes:
    return b"".join([chunk async for chunk in storage.read_range(key, 0, size - 1, None)])


async def test_a_range_that_breaks_off_is_gone_on_with(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    key = await stored(storage)
    rule = proxy.set(Cut("answer", body=MIB), operations={"GetObject"}, times=2)
    assert await fetched(behind, key, tmp_path / "file") == BODY
    assert rule.hits == 2
    assert proxy.passed["GetObject"] == 2


async def test_ranges_that_always_break_off_mean_that_the_store_is_away(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    key = await stored(storage)
    proxy.set(Cut("answer", body=1000), operations={"GetObject"})
    with pytest.raises(Unavailable):
        await fetched(behind, key, tmp_path / "file", Pace(away_s=0.2))


async def test_a_trickle_is_given_up_and_not_charged(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    key = await stored(storage)
    proxy.set(Slow(rate=10_000), operations={"GetObject"})
    async with patiently():  # at this rate it would be a quarter of an hour
        with pytest.raises(TransientError, match="too slowly") as slow:
            await fetched(behind, key, tmp_path / "file", HURRIED)
    assert (slow.value.failure.code, slow.value.failure.retryable) == ("storage_error", True)
    assert not slow.value.charge
    proxy.clear()
    assert await fetched(behind, key, tmp_path / "again") == BODY


async def test_a_store_that_hangs_is_given_up(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    key = await stored(storage)
    proxy.set(Hang(), operations={"GetObject"})
    async with patiently():
        with pytest.raises(TransientError, match="too slowly"):
            await fetched(behind, key, tmp_path / "file", HURRIED)


@pytest.mark.parametrize("size", [MIB, 40 * MIB], ids=["whole", "in parts"])
async def test_a_file_is_sent_whole(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path, size: int
) -> None:
    (tmp_path / "file").write_bytes((BODY * 4)[:size])
    # The SDK asks four times.
    proxy.set(Answer(500, "InternalError"), operations={"PutObject", "UploadPart"}, times=5)
    key = await sent(behind, tmp_path / "file")
    assert await read(storage, key, size) == (BODY * 4)[:size]


@pytest.mark.parametrize("size", [MIB, 40 * MIB], ids=["whole", "in parts"])
async def test_what_the_store_did_not_take_whole_is_noticed(
    behind: Storage, proxy: Proxy, tmp_path: Path, size: int
) -> None:
    (tmp_path / "file").write_bytes((BODY * 4)[:size])
    proxy.set(Shorten(by=1), operations={"PutObject", "UploadPart"}, times=1)
    with pytest.raises(TransientError, match="bytes") as cut:
        await sent(behind, tmp_path / "file")
    assert (cut.value.failure.code, cut.value.failure.retryable) == ("storage_error", True)


async def test_a_file_that_ends_before_what_was_sent_of_it_is_no_object(
    storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes((BODY * 4)[: 40 * MIB])
    key = f"transfer/{uuid.uuid4().hex}"
    upload = Upload(storage, tmp_path / "file", key, "video/mp4", asyncio.Semaphore(2))
    upload.grown(40 * MIB)
    with pytest.raises(TransientError, match="ends before"):
        await upload.finish(Front(upload.path, upload.kept, 20 * MIB))
    await upload.close()


async def test_a_part_that_was_taken_unheard_is_sent_again(
    storage: Storage, behind: Storage, proxy: Proxy, tmp_path: Path
) -> None:
    for operation in ("UploadPart", "CompleteMultipartUpload"):
        (tmp_path / "file").write_bytes((BODY * 4)[: 40 * MIB])
        proxy.set(Cut("request"), operations={operation}, times=1)
        key = await sent(behind, tmp_path / "file")
        assert await read(storage, key, 40 * MIB) == (BODY * 4)[: 40 * MIB]


@pytest.mark.parametrize("size", [MIB, 40 * MIB], ids=["whole", "in parts"])
async def test_a_store_that_reads_too_slowly_is_given_up_and_not_charged(
    behind: Storage, proxy: Proxy, tmp_path: Path, size: int
) -> None:
    (tmp_path / "file").write_bytes((BODY * 4)[:size])
    proxy.set(Slow(rate=10_000), operations={"PutObject", "UploadPart"})
    async with patiently():
        with pytest.raises(TransientError, match="too slowly") as slow:
            await sent(behind, tmp_path / "file", Pace(least_rate=32 * MIB, grace_s=0.3))
    assert (slow.value.failure.code, slow.value.charge) == ("storage_error", False)


async def test_nobody_waits_long_for_a_log_to_be_written(behind: Storage, proxy: Proxy) -> None:
    proxy.set(Hang(), operations={"PutObject"})
    async with patiently():
        with pytest.raises(Unavailable):
            await behind.put("transfer/log", b"a few words", "text/plain")


async def test_a_file_that_has_become_shorter_is_not_taken_for_a_silent_store(
    behind: Storage, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(BODY)

    async def put(body: Slice) -> None:
        os.truncate(path, MIB)
        await behind.put("transfer/short", body, "video/mp4")

    with pytest.raises(OSError, match="shorter"):
        await send_stretch(path, 0, len(BODY), put, DEFAULT_PACE)


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted")
async def test_a_disk_that_fills_in_the_middle_of_a_block_says_that_it_is_full(
    storage: Storage, behind: Storage, tmp_path: Path
) -> None:
    key = await stored(storage)
    with small_disk(tmp_path / "small", 16 * MIB) as disk:
        disk.fill(leave=MIB + 300_000)  # one block fits, and a part of the next
        with pytest.raises(OSError, match="No space left") as full:
            await fetched(behind, key, disk.path / "file")
    assert not classify_error(full.value).charge


async def test_who_is_stopped_in_the_middle_of_a_block_keeps_the_file_open_until_it_is_written(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, written = threading.Event(), threading.Event(), list[int]()

    def slowly(descriptor: int, _rest: memoryview, _place: int) -> None:
        begun.set()
        go_on.wait(60)
        written.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr("workers.sources.fetch._write_all", slowly)
    key = await stored(storage, BODY[:MIB])
    source, target = Source(storage, key, MIB, None, 1), tmp_path / "file"
    fetching = asyncio.create_task(fetch(source, target, lambda _: None))
    await wait_until(begun.is_set)
    fetching.cancel()
    await asyncio.wait({fetching}, timeout=0.1)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    await wait_until(lambda: written)
    assert written == [target.stat().st_ino]
