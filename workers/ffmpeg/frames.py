"""Decodes one stream of a file with ffprobe, to find what of it could not be read."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from workers.ffmpeg.diagnose import says_damaged
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.damage import Frame
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.sandbox.policy import Policy

# As many frames as are taken have some 9 MB.
_MOST_BYTES = 32 * 1024**2
_FRAME = re.compile(r"frame\|(-?[\d.]+)\|([\d.]+)?")


def frames_command(ffprobe: str, path: str, stream: int, limits: Limits) -> list[str]:
    """Ask for the frames of a stream, each with what its decoder says of it."""
    return [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, path),
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
    """Return the frames of a stream; None when that took too long or failed.

    `path` is as for `probe`, `stream` the number of the stream, `patience_s` in seconds.
    """
    patience = ProcessLimits(wall_seconds=patience_s, stdout_bytes=_MOST_BYTES)
    argv = frames_command(ffprobe, path, stream, limits)
    try:
        done = await run(argv, cwd=cwd, limits=patience, policy=policy, spent=spent)
    except FFmpegFailedError:
        return None
    if len(done.stdout) == _MOST_BYTES:
        return None
    return list(parse_frames(done.stdout.decode(errors="replace")))


def parse_frames(text: str) -> Iterator[Frame]:
    """Read what ffprobe writes: a line for a frame, then or in more lines what was said of it."""
    *lines, last = text.splitlines() or [""]
    first = _number(last.removeprefix("format|"))
    found: list[tuple[float, float, bool]] = []
    for line in lines:
        head = _FRAME.match(line)
        if head is not None:
            found.append((float(head[1]) - first, _number(head[2]), False))
        if found and says_damaged(line):
            found[-1] = (*found[-1][:2], True)
    return (Frame(*each) for each in found)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
