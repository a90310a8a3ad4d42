"""FFmpeg reads from a pipe what it reads from a file, and makes the same of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.integration.sources.conftest import shared_clips
from tests.support.transcoding import QUICK
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.diagnose import has_lost_its_place
from workers.ffmpeg.probe import ProbeFailedError
from workers.ffmpeg.process import FFmpegFailedError, run
from workers.ffmpeg.whitelists import PIPE
from workers.formats.known import Known, Piece
from workers.formats.shape import Pipe
from workers.media.limits import refuse
from workers.media.plan import EncodePlan, plan
from workers.media.tracks import tracks_of
from workers.sources.choose import choose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.sources.conftest import Tools
    from workers.ffmpeg.standard_input import Feed, StandardInput
    from workers.media.info import MediaInfo

pytestmark = pytest.mark.media


def arranged(source: Path) -> tuple[Known, Pipe] | None:
    data = source.read_bytes()
    known = Known(len(data)).plus(0, data)
    found = choose(known)
    return (known, found) if isinstance(found, Pipe) else None


def feeding(known: Known, stream: tuple[Piece, ...]) -> Feed:
    async def feed(stdin: StandardInput) -> None:
        for piece in stream:
            await stdin.write(known.bytes_of(piece))

    return feed


async def packets(
    tools: Tools, info: MediaInfo, source: str, folder: Path, feed: Feed | None = None
) -> list[str]:
    """Return a line for each packet of picture and sound that FFmpeg reads, with its hash."""
    assert info.video is not None
    streams = [info.video.index, *(each.index for each in info.audio)]
    maps = [word for index in streams for word in ("-map", f"0:{index}")]
    argv = [tools.ffmpeg, "-nostdin", "-y", "-v", "error", "-protocol_whitelist", "file,pipe",
            "-i", source, *maps, "-c", "copy", "-f", "framehash", "./packets"]  # fmt: skip
    await run(argv, cwd=folder, feed=feed)
    # How those of two streams alternate depends on who was the first to have one.
    return sorted((folder / "packets").read_text().splitlines())


async def made(
    tools: Tools, decided: EncodePlan, source: str, folder: Path, feed: Feed | None = None
) -> dict[str, Lengths]:
    folder.mkdir()
    for track in tracks_of(decided):
        (folder / track.name).mkdir()
    argv = encode_command(tools.ffmpeg, decided, source, ".", tools.capabilities)
    finished = await run(argv, cwd=folder, feed=feed)
    assert feed is None or not has_lost_its_place(finished.stderr_tail), finished.stderr_tail
    outputs = {r.name: await tools.probe(folder / r.file_name) for r in decided.renditions}
    return {name: Lengths.of(info) for name, info in outputs.items()}


@dataclass(frozen=True)
class Lengths:
    """Frames of the picture, and seconds of picture and sound."""

    frames: int | None
    picture: float
    sound: tuple[float, ...]

    @classmethod
    def of(cls, info: MediaInfo) -> Lengths:
        assert info.video is not None
        sound = tuple(each.duration or 0 for each in info.audio)
        return cls(info.video.frame_count, info.video.duration or 0, sound)


async def probed(tools: Tools, path: Path) -> MediaInfo | str:
    try:
        return replace(await tools.probe(path), size=None)  # a sample is smaller
    except ProbeFailedError as error:
        return error.failure.code


@pytest.mark.thorough("encodes every clip twice")
@pytest.mark.parametrize("name", shared_clips())
async def test_every_clip(
    tools: Tools, clip: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    await compare(tools, clip(name), tmp_path)


async def compare(tools: Tools, clip: Path, tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.symlink_to(clip)
    found = await asyncio.to_thread(arranged, source)
    if found is None:
        pytest.skip("it is fetched whole")
    known, pipe = found
    sample = tmp_path / "sample"
    sample.write_bytes(b"".join(map(known.bytes_of, pipe.sample)))
    info = await probed(tools, source)
    assert await probed(tools, sample) == info
    if isinstance(info, str) or refuse(info) is not None or info.video is None:
        return
    feed = feeding(known, pipe.stream)
    assert await packets(tools, info, PIPE, tmp_path, feed) == await packets(
        tools, info, str(source), tmp_path
    )
    decided = plan(info, QUICK)
    try:
        whole = await made(tools, decided, str(source), tmp_path / "whole")
    except FFmpegFailedError:
        with pytest.raises(FFmpegFailedError):
            await made(tools, decided, PIPE, tmp_path / "piped", feed)
        return
    piped = await made(tools, decided, PIPE, tmp_path / "piped", feed)
    for name, lengths in piped.items():
        assert lengths.frames == whole[name].frames
        assert lengths.picture == pytest.approx(whole[name].picture, abs=0.001)
        # Where a source changes on the way, a few samples are left to chance, in a file too.
        assert lengths.sound == pytest.approx(whole[name].sound, abs=0.05)


@pytest.mark.thorough("encodes a film twice")
async def test_sound_that_lies_seconds_behind_its_picture(tools: Tools, tmp_path: Path) -> None:
    """FFmpeg keeps what came too soon, in a pipe more of it than from a file."""
    film = tools.make(
        tmp_path / "far.mp4",
        "-f", "lavfi", "-i", "testsrc2=s=640x360:r=60", "-f", "lavfi", "-i", "sine=r=48000",
        "-t", "12", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
        "-chunk_duration", "3600000",
    )  # fmt: skip
    await compare(tools, film, tmp_path)
