"""Outputs may be larger than the disk, and nothing is left of a try that failed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.misbehaviour import Answer
from tests.faults.small_disk import small_disk
from tests.support.transcoding import QUICK, Worker, stored
from tests.support.waiting import wait_until
from workers import transfer_limits
from workers.ffmpeg import diagnose
from workers.media.ladder import Rung
from workers.outputs import follow
from workers.runtime import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.faults.proxy import Proxy
    from tests.integration.outputs.conftest import Tools

MIB = 1024**2
COARSE = replace(
    QUICK, rungs=(Rung(short_side=480, crf=3, max_bitrate=200_000_000, buffer_size=400_000_000),)
)


@pytest.fixture
def source(tools: Tools, film: Path, tmp_path: Path) -> bytes:
    """So large that it is streamed."""
    return tools.make(
        tmp_path / "source.mp4", "-stream_loop", "2", "-i", str(film), "-c", "copy"
    ).read_bytes()


@pytest.fixture
def worker(tools: Tools, tmp_path: Path) -> Worker:
    place = tmp_path / "place"
    place.mkdir()
    return Worker(tools.ffmpeg, tools.ffprobe, tools.capabilities, place, ladder=COARSE)


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted")
async def test_a_disk_that_is_smaller_than_the_outputs_is_enough(
    storage: Storage, source: bytes, worker: Worker, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(follow, "_MOST_UNSENT", 0)
    monkeypatch.setattr(scratch, "_OUTPUTS", 44 * MIB)
    with small_disk(tmp_path / "small", 48 * MIB) as disk:
        # It is reached by a path that a sandboxed program cannot take.
        worker.place, worker.sandbox = disk.path / "place", False
        worker.place.mkdir()
        (made,) = await worker.make(storage, await stored(storage, source))
        assert made.size > 50 * MIB
    assert "fetched" not in worker.log
    assert made.duration == pytest.approx(6, abs=0.1)


async def test_a_store_that_is_away_in_the_middle_costs_nothing_that_was_made(
    storage: Storage, behind: Storage, proxy: Proxy, source: bytes, worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(follow, "_MOST_UNSENT", 0)
    monkeypatch.setattr(transfer_limits, "_MOST_PAUSE_S", 0.1)
    making = asyncio.create_task(worker.make(behind, await stored(storage, source)))
    await wait_until(lambda: proxy.passed["UploadPart"] or making.done())
    # Three read ahead and four send at the most, and the SDK asks twice: one of them at least
    # fails three times.
    rule = proxy.set(Answer(503), times=30)
    (made,) = await making
    assert (rule.hits, proxy.passed["CreateMultipartUpload"]) == (30, 1)
    assert made.duration == pytest.approx(6, abs=0.1)


async def test_a_second_try_leaves_nothing_of_the_first(
    storage: Storage, behind: Storage, proxy: Proxy, s3: Any, source: bytes, worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(diagnose, "has_lost_its_place", lambda _: True)
    work = await stored(storage, source)
    (made,) = await worker.make(behind, work)
    assert "once more, with the whole file" in worker.log
    assert (proxy.passed["CreateMultipartUpload"], proxy.passed["AbortMultipartUpload"]) == (2, 1)
    assert proxy.passed["CompleteMultipartUpload"] == 1
    named = {"Bucket": "framemill", "Prefix": f"videos/{work.video_id}/"}
    found = (await s3.list_objects_v2(**named))["Contents"]
    assert {item["Key"] for item in found} == {
        made.s3_key,
        *(each.s3_key for each in worker.pictures),
    }
    assert not (await s3.list_multipart_uploads(**named)).get("Uploads")
