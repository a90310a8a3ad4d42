"""Decodes one stream of a file with ffprobe, to find what of it could not be read."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
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
_START = re.compile(r"format\|(-?[\d.]+)$")


def frames_command(ffprobe: str, path: str, stream: int, limits: Limits) -> list[str]:
    """Ask for the frames of a stream, each with what its decoder says of it."""
    return [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, path, stills=limits.stills),
        "-select_streams", str(stream),
        "-show_frames",
        "-show_log", "16",  # errors
        "-show_entries",
        # Before FFmpeg 6 the duration has another name.
        "frame=best_effort_timestamp_time,duration_time,pkt_duration_time:log=message"
        ":format=start_time",
        "-print_format", "compact=nokey=1",
        "-i", path,
    ]  # fmt: skip


async def frames(
    ffprobe: str,
    path: str,
    stream: int,
    *,
    cwd: Path,
    patience_s: float,
    limits: Limits = DEFAULT_LIMITS,
    policy: Policy | None = None,
    spent: Callable[[float], None] | None = None,
) -> list[Frame] | None:
    """Return the frames of a stream; None when that took too long or none came.

    `path` is as for `probe`, `stream` the number of the stream, `patience_s` in seconds.
    """
    patience = ProcessLimits(
        stall_seconds=math.inf, wall_seconds=patience_s, stdout_bytes=_MOST_BYTES
    )
    argv = frames_command(ffprobe, path, stream, limits)
    try:
        output = (await run(argv, cwd=cwd, limits=patience, policy=policy, spent=spent)).stdout
    except TimeLimitError:
        return None
    except FFmpegFailedError as error:
        output = error.stdout  # up to where it could read
    if len(output) == _MOST_BYTES:
        return None
    return parse_frames(output.decode(errors="replace")) or None


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
