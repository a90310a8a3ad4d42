"""What is told of a film: what was done to it, and what of it is missing."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from core.errors import PermanentError
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

_SECONDS = 20
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")
_MPEG2 = ("-c:v", "mpeg2video", "-b:v", "1M")
_CODECS = {
    "mp4": (*_H264, "-c:a", "aac", "-movflags", "+faststart"),
    "mkv": (*_H264, "-c:a", "aac"),
    "ts": (*_H264, "-c:a", "aac"),
    "flv": (*_H264, "-c:a", "aac"),
    "avi": ("-c:v", "mpeg4", "-b:v", "1M", "-c:a", "mp3"),
    "mpg": (*_MPEG2, "-c:a", "mp2"),
    "mxf": (*_MPEG2, "-c:a", "pcm_s16le", "-ar", "48000"),
}
_LONG = pytest.mark.thorough("damages every container")


@pytest.fixture(scope="session")
def whole(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """A film of 20 s in a container."""
    folder = tmp_path_factory.mktemp("whole")

    def make(container: str) -> bytes:
        path = folder / f"film.{container}"
        if not path.exists():
            tools.make(
                path, "-f", "lavfi", "-i", f"testsrc2=s=320x240:r=25:d={_SECONDS}",
                "-f", "lavfi", "-i", f"sine=d={_SECONDS}", *_CODECS[container],
            )  # fmt: skip
        return path.read_bytes()

    return make


def holed(data: bytes) -> bytes:
    """A film with zeros in the place of a twentieth, from its middle on."""
    middle, length = len(data) // 2, len(data) // 20
    return data[:middle] + bytes(length) + data[middle + length :]


def cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


async def test_what_was_done_and_left_out_is_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    sound = [each for pitch in (220, 440) for each in ("-f", "lavfi", "-i", f"sine={pitch}:d=1")]
    turned = b""
    for size in ("320x180", "180x320"):
        turned += tools.make(
            tmp_path / "part.ts", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=1", *sound,
            "-map", "0", "-map", "1", "-map", "2", *_H264, "-c:a", "aac",
        ).read_bytes()  # fmt: skip
    await worker.make(storage, await stored(storage, turned))
    worker.notes.pop("frame_rate_normalized", None)  # the join is uneven
    assert worker.notes.keys() == {"size_unified", "audio_dropped"}
    assert worker.notes["audio_dropped"] == ["1 other sound track was left out: only one is kept."]


@pytest.mark.parametrize("container", ["mp4", *(pytest.param(x, marks=_LONG) for x in ("mkv",))])
async def test_of_a_whole_film_nothing_is_told(
    storage: Storage, whole: Callable[[str], bytes], worker: Worker, container: str
) -> None:
    await worker.make(storage, await stored(storage, whole(container)))
    assert worker.notes == {}


@pytest.mark.parametrize(
    "container", ["mp4", *(pytest.param(x, marks=_LONG) for x in ("mkv", "flv", "avi", "mxf"))]
)
async def test_a_missing_end_is_told(
    storage: Storage, whole: Callable[[str], bytes], worker: Worker, container: str
) -> None:
    (made,) = await worker.make(storage, await stored(storage, cut(whole(container), 0.95)))
    assert made.duration == pytest.approx(19, abs=0.3)
    [message] = worker.notes.pop("truncated")
    assert re.fullmatch(r"The file ends early: 19\.\d of 20\.0 s could be read\.", message)
    assert worker.notes == {}


def packet_ends(tools: Tools, path: Path) -> list[int]:
    listed = subprocess.run(
        [tools.ffprobe, "-v", "error", "-show_packets", "-show_entries", "packet=pos,size",
         "-print_format", "csv=print_section=0", str(path)],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    found = re.findall(r"^(\d+),(\d+)", listed, re.MULTILINE)
    return sorted(int(size) + int(at) for size, at in found)


async def test_an_end_that_is_missing_from_a_packet_on_is_told(
    storage: Storage, tools: Tools, worker: Worker, whole: Callable[[str], bytes], tmp_path: Path
) -> None:
    """FFmpeg says nothing of it."""
    data = whole("mp4")
    (tmp_path / "film.mp4").write_bytes(data)
    ends = packet_ends(tools, tmp_path / "film.mp4")
    for share, outcome in ((0.95, "truncated"), (0.85, "truncated_media")):
        end = ends[int(len(ends) * share)]
        work = await stored(storage, data[:end])
        if outcome == "truncated":
            await worker.make(storage, work)
            assert worker.notes.keys() == {outcome}
            continue
        worker.place = tmp_path / "again"
        worker.place.mkdir()
        with pytest.raises(PermanentError, match=outcome):
            await worker.make(storage, work)


@pytest.mark.parametrize(
    "container", ["mp4", *(pytest.param(x, marks=_LONG) for x in ("mkv", "flv", "mpg", "ts"))]
)
async def test_a_hole_is_told_with_its_place(
    storage: Storage, whole: Callable[[str], bytes], worker: Worker, container: str
) -> None:
    (made,) = await worker.make(storage, await stored(storage, holed(whole(container))))
    assert made.duration == pytest.approx(_SECONDS, abs=0.1)
    messages = worker.notes.pop("partly_damaged")
    found = re.fullmatch(r"(\d\.\d) s at 0:(09|10) could not be read\.", messages[0])
    assert found
    assert 0.8 < float(found[1]) < 2.2
    assert all(" of the sound at 0:" in each for each in messages[1:])
    assert worker.notes == {}


def sounds(tools: Tools, path: Path, codec: str) -> bytearray:
    """Make a film with two sounds, and break two seconds of the second from second 10 on."""
    tools.make(
        path, "-f", "lavfi", "-i", f"testsrc2=s=320x240:r=25:d={_SECONDS}",
        "-f", "lavfi", "-i", f"sine=220:d={_SECONDS}", "-f", "lavfi", "-i", f"sine=d={_SECONDS}",
        "-map", "0", "-map", "1", "-map", "2", *_H264, "-c:a", codec, "-ac", "2", "-strict", "-2",
    )  # fmt: skip
    listed = subprocess.run(
        [tools.ffprobe, "-v", "error", "-select_streams", "2", "-show_packets", "-show_entries",
         "packet=pts_time,pos,size", "-print_format", "csv=print_section=0", str(path)],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    data = bytearray(path.read_bytes())
    for time, size, at in re.findall(r"^([\d.]+),(\d+),(\d+)", listed, re.MULTILINE):
        if 10 <= float(time) < 12:
            # Before the frame stand the few bytes of its block.
            data[int(at) + 8 : int(at) + int(size)] = b"\xff" * (int(size) - 8)
    return data


@pytest.mark.parametrize("codec", ["aac", "ac3", "flac"])
async def test_what_is_missing_in_another_sound_is_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, codec: str
) -> None:
    data = sounds(tools, tmp_path / "film.mkv", codec)
    worker.listing = kept = Kept()
    await worker.make(storage, await stored(storage, bytes(data)))
    assert sorted(kept.tracks) == ["240p", "audio", "audio-2"]
    [message] = worker.notes.pop("partly_damaged")
    found = re.fullmatch(r"([\d.]+) s of sound track 2 at 0:(\d+) could not be read\.", message)
    assert found, message
    assert 1 < float(found[1]) < 3
    assert 9 <= int(found[2]) <= 11
    assert worker.notes == {}


@pytest.mark.parametrize(
    "container", ["mp4", *(pytest.param(x, marks=_LONG) for x in ("mkv", "flv", "avi", "mxf"))]
)
async def test_of_less_than_nine_tenths_nothing_is_made(
    storage: Storage, whole: Callable[[str], bytes], worker: Worker, container: str
) -> None:
    with pytest.raises(PermanentError, match=r"1\d\.\d of 20\.0 seconds could be read"):
        await worker.make(storage, await stored(storage, cut(whole(container), 0.85)))
