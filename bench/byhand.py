"""The worker's own FFmpeg command, run by hand on local files."""

import asyncio
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.world import World
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import probe
from workers.media.info import MediaInfo
from workers.media.ladder import Ladder
from workers.media.plan import EncodePlan, plan
from workers.media.tracks import tracks_of

_INPUT = "input"
_OUT = "out"


@dataclass(frozen=True)
class ByHand:
    """A command that is ready to run in `place`.

    Attributes:
        place: holds the source and receives the renditions.
        argv: the command.
        info: the probe of the source.
        plan: what the worker decides about it.
    """

    place: Path
    argv: list[str]
    info: MediaInfo
    plan: EncodePlan

    def run(self) -> float:
        """Encode; return the wall time in seconds.

        Raises:
            CalledProcessError: FFmpeg failed.
        """
        out = self.place / _OUT
        shutil.rmtree(out, ignore_errors=True)
        for name in ("", *(track.name for track in tracks_of(self.plan))):
            (out / name).mkdir()
        begun = time.perf_counter()
        # Its progress is read by the worker, so it is written to a pipe here too.
        subprocess.run(self.argv, cwd=self.place, check=True, capture_output=True)
        return time.perf_counter() - begun


def prepare(held: World, film: Path, ladder: Ladder | None = None) -> ByHand:
    """Decide as the worker of this stack does, and lay a copy of the film beside.

    With a `ladder` that counts, instead of the worker's.

    Raises:
        ProbeFailedError: the film cannot be read.
    """
    place = held.folder / "by-hand"
    place.mkdir()
    shutil.copyfile(film, place / _INPUT)
    ffmpeg, ffprobe = (held.stack.environment[name] for name in ("FFMPEG_PATH", "FFPROBE_PATH"))
    info = asyncio.run(probe(ffprobe, f"./{_INPUT}", cwd=place))
    decided = plan(info, ladder or held.ladder)
    capabilities = asyncio.run(ask_capabilities(ffmpeg))
    argv = encode_command(ffmpeg, decided, f"./{_INPUT}", _OUT, capabilities)
    return ByHand(place, argv, info, decided)
