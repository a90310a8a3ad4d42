"""Reads one stream of a file to its end with ffprobe, to find what of it is missing."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workers.ffmpeg.diagnose import breaks
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, TimeLimitError, run
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.damage import Frame
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.sandbox.policy import Policy

# As many frames as are taken have some 9 MB.
_MOST_BYTES = 32 * 1024**2
_FRAME = re.compile(r"frame\|(-?[\d.]+)\|([\d.]+)?")
_COUNT = re.compile(r"^stream\|(\d+)$", re.MULTILINE)
_START = re.compile(r"format\|(-?[\d.]+)$")


_FRAMES = (
    "-show_frames",
    "-show_log", "16",  # errors
    "-show_entries",
    # Before FFmpeg 6 the duration has another name.
    "frame=best_effort_timestamp_time,duration_time,pkt_duration_time:log=message"
    ":format=start_time",
)  # fmt: skip
# An index counts also what an edit list leaves out.
_PACKETS = ("-ignore_editlist", "1", "-count_packets", "-show_entries", "stream=nb_read_packets")


@dataclass(frozen=True)
class Reader:
    """Reads streams of one file.

    Attributes:
        ffprobe: absolute path of the program.
        file: what is read.
        patience_s: seconds that each stream may take.
        spent: as for `run`.
    """

    ffprobe: str
    file: Path
    patience_s: float
    limits: Limits = DEFAULT_LIMITS
    policy: Policy | None = None
    spent: Callable[[float], None] | None = None

    async def frames(self, stream: int) -> list[Frame] | None:
        """Return the frames of a stream, by its number; None if it took too long or none came."""
        return parse_frames(await self._read(stream, *_FRAMES)) or None

    async def count_packets(self, stream: int) -> int | None:
        """Return how many packets of a stream are there; None if that took too long."""
        found = _COUNT.search(await self._read(stream, *_PACKETS))
        return int(found[1]) if found else None

    async def _read(self, stream: int, *options: str) -> str:
        """Return what ffprobe says; nothing if it took too long or said too much."""
        path, limits = f"./{self.file.name}", self.limits
        argv = [
            self.ffprobe,
            "-v", "error",
            "-max_alloc", str(MAX_ALLOC_BYTES),
            *input_options(limits.max_streams, limits.max_pixels, path, stills=limits.stills),
            "-select_streams", str(stream),
            *options,
            "-print_format", "compact=nokey=1",
            "-i", path,
        ]  # fmt: skip
        patience = ProcessLimits(
            stall_seconds=math.inf, wall_seconds=self.patience_s, stdout_bytes=_MOST_BYTES
        )
        try:
            done = await run(
                argv, cwd=self.file.parent, limits=patience, policy=self.policy, spent=self.spent
            )
            output = done.stdout
        except TimeLimitError:
            return ""
        except FFmpegFailedError as error:
            output = error.stdout  # up to where it could read
        return "" if len(output) == _MOST_BYTES else output.decode(errors="replace")


def parse_frames(text: str) -> list[Frame]:
    """Read what ffprobe writes: a line for a frame, then or in more lines what was said of it."""
    found: list[Frame] = []
    first: float | None = None
    for line in text.splitlines():
        head = _FRAME.match(line)
        if head is not None:
            found.append(Frame(float(head[1]), float(head[2] or 0), faulty=False))
        if found and breaks(line):
            found[-1] = replace(found[-1], faulty=True)
        if start := _START.match(line):
            first = float(start[1])
    if first is None and found:
        first = found[0].start
    return [replace(each, start=each.start - (first or 0.0)) for each in found]
