"""What FFmpeg makes is in the store soon after it has made it, and hardly anything on the disk."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import TYPE_CHECKING

import pytest

from core.errors import Unavailable
from tests.faults.misbehaviour import Answer, Slow
from tests.support.waiting import patiently
from workers.ffmpeg.process import run
from workers.formats.boxes import Box, top_level
from workers.formats.mp4 import moved
from workers.outputs import follow as following
from workers.outputs.follow import follow, front_of
from workers.outputs.mp4 import index_room
from workers.outputs.upload import PART, Upload, part_length

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.faults.proxy import Proxy
    from tests.integration.outputs.conftest import Tools
    from workers.ffmpeg.standard_input import StandardInput

MIB = 1024**2
AHEAD = index_room(300, 12)
FRONT = PART - AHEAD


def upload_of(storage: Storage, path: Path) -> Upload:
    key = f"outputs/{uuid.uuid4().hex}"
    return Upload(storage, path, key, "video/mp4", asyncio.Semaphore(2), ahead=AHEAD)


def without_spare(data: bytes) -> bytes:
    """An object as FFmpeg would write it: what makes up the length of its first part is empty."""
    found = {each.kind: each for each in top_level(len(data), lambda start, end: data[start:end])}
    moov, spare = found[b"moov"], int.from_bytes(data[found[b"moov"].end :][:4])
    assert data[moov.end : moov.end + spare] == spare.to_bytes(4) + b"free" + bytes(spare - 8)
    box = Box(moov.kind, 0, moov.body - moov.start, moov.end - moov.start)
    index = moved(data[moov.start : moov.end], box, len(data), -spare)
    return data[: moov.start] + index + data[moov.end + spare :]


def copying(film: Path, times: int) -> list[str]:
    """A film that is its own repetition."""
    return ["-stream_loop", str(times - 1), "-i", str(film), "-c", "copy"]


async def made(tools: Tools, film: Path, times: int, upload: Upload) -> None:
    """Have FFmpeg write it, and all that can be of it sent meanwhile."""
    pace = ("-v", "error", "-readrate", "16")
    argv = [tools.ffmpeg, *pace, *copying(film, times), str(upload.path)]
    await run(argv, cwd=upload.path.parent, beside=partial(follow, [upload], None))


async def stored(storage: Storage, upload: Upload) -> bytes:
    await upload.finish(await front_of(upload))
    assert await storage.head(upload._key) is None, "nobody has said yet that it is right"
    size = await upload.complete()
    await upload.close()
    chunks = storage.read_range(upload._key, 0, size - 1, None)
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("times", [1, 6], ids=["at once", "in parts"])
async def test_an_object_is_what_ffmpeg_writes_with_its_index_first(
    storage: Storage, behind: Storage, proxy: Proxy, tools: Tools, film: Path, tmp_path: Path,
    times: int,
) -> None:  # fmt: skip
    proxy.set(Answer(500, "InternalError"), operations={"PutObject", "UploadPart"}, times=1)
    upload = upload_of(behind, tmp_path / "film.mp4")
    await made(tools, film, times, upload)
    in_parts = times > 1
    assert (upload.kept < PART) == in_parts
    found = await stored(storage, upload)
    if in_parts:
        lengths = [part.result().size for part in upload._parts]
        last = lengths.pop(-2)  # before the front, which is sent last
        assert set(lengths) == {PART}, "some stores want one size"
        assert last < PART
        found = without_spare(found)
    first = tools.make(tmp_path / "first.mp4", *copying(film, times), "-movflags", "+faststart")
    assert found == first.read_bytes()
    assert found.index(b"moov") < found.index(b"mdat")


async def test_what_was_sent_takes_no_disk_and_a_slow_store_has_ffmpeg_wait(
    storage: Storage, behind: Storage, proxy: Proxy, tools: Tools, film: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(following, "_MOST_UNSENT", PART)
    proxy.set(Slow(rate=8 * MIB), operations={"UploadPart"})
    upload, taken, held = upload_of(behind, tmp_path / "film.mp4"), [0], set[bool]()
    source = tools.make(tmp_path / "film.ts", *copying(film, 8))

    async def feed(stdin: StandardInput) -> None:
        with source.open("rb") as file:
            while block := file.read(MIB):
                await stdin.write(block)
                await asyncio.sleep(0.03)  # no encoder is faster than 30 MB a second

    async def beside(hold: Callable[[bool], None]) -> None:
        def noted(wanted: bool) -> None:
            held.add(wanted)
            taken.append(blocks(upload.path))
            hold(wanted)

        await follow([upload], None, noted)

    argv = [tools.ffmpeg, "-v", "error", "-f", "mpegts", "-i", "pipe:0", "-c", "copy"]
    await run([*argv, str(upload.path)], cwd=tmp_path, feed=feed, beside=beside)
    assert held == {False, True}
    # The front, what may be unsent and the part that passed it, a part that is not full, and what
    # comes between two looks.
    most = FRONT + 2 * PART + PART + 12 * MIB
    assert max(taken) <= most < upload.path.stat().st_size
    proxy.clear()
    found = await stored(storage, upload)
    assert blocks(upload.path) <= FRONT + PART + MIB
    whole = ("-i", str(source), "-c", "copy", "-movflags", "+faststart")
    assert without_spare(found) == tools.make(tmp_path / "whole.mp4", *whole).read_bytes()


async def test_a_store_that_refuses_ends_ffmpeg_and_keeps_nothing(
    storage: Storage, behind: Storage, proxy: Proxy, tools: Tools, film: Path, tmp_path: Path
) -> None:
    proxy.set(Answer(403, "AccessDenied"), operations={"UploadPart"})
    upload = upload_of(behind, tmp_path / "film.mp4")
    async with patiently():  # it would be a film of a day
        with pytest.raises(Unavailable):
            await made(tools, film, 40_000, upload)
    await upload.close()
    assert upload._upload_id is not None
    assert not await storage.is_open(upload._key, await upload._upload_id)
    assert await storage.head(upload._key) is None


def test_no_film_is_too_long_for_10_000_parts_and_no_part_too_large() -> None:
    lengths = [part_length(number) for number in range(1, 10_001)]
    assert sum(lengths) > 12 * 3600 * 40_000_000 / 8  # half a day at 40 Mbit/s
    assert lengths == sorted(lengths)
    assert max(lengths) <= 192 * MIB


@pytest.mark.parametrize("ahead", [0, MIB, 8 * MIB, 8 * MIB + 1, 100 * MIB])
async def test_enough_is_kept_for_ffprobe_and_the_front_is_whole_parts(
    storage: Storage, tmp_path: Path, ahead: int
) -> None:
    upload = Upload(storage, tmp_path / "a", "a", "video/mp4", asyncio.Semaphore(), ahead=ahead)
    assert 5_000_000 <= upload._kept <= 24 * MIB
    assert upload._fronts * PART - 4096 < upload._kept + ahead <= upload._fronts * PART


def blocks(path: Path) -> int:
    """Bytes of disk that a file takes."""
    return path.stat().st_blocks * 512 if path.exists() else 0
