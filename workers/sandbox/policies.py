"""The policies of a task's programs: read one file, write one directory."""

import math
import os
from pathlib import Path

from workers.media.audio_plan import AudioPlan
from workers.media.limits import Limits
from workers.media.plan import EncodePlan
from workers.sandbox.policy import Policy, Sandbox

# A video at its ceiling all the time, twice over: container, index, and what x264 overshoots.
_MARGIN = 2
_SMALLEST = 64 * 1024**2  # bytes; a poster knows no ceiling
_LARGEST_SEGMENT = 256 * 1024**2  # some 8 s at 8 times what a picture of 2160 lines may have
_GRACE_S = 60


def probe_policy(
    sandbox: Sandbox, ffprobe: str, file: Path | None, seconds: float
) -> Policy | None:
    """Let ffprobe read a file, or a pipe alone, for so long, and write nothing."""
    reads = [file] if file is not None else []
    return sandbox.policy(ffprobe, reads=reads, cpu_seconds=_cpu_seconds(seconds))


def copy_policy(
    sandbox: Sandbox, ffmpeg: str, file: Path, folder: Path, seconds: float, largest: int
) -> Policy | None:
    """Let FFmpeg read a file for so long, and write a copy of up to `largest` bytes in a folder."""
    return sandbox.policy(
        ffmpeg,
        reads=[file],
        writes=[folder],
        cpu_seconds=_cpu_seconds(seconds),
        file_size=max(largest, _SMALLEST),
    )


def encode_policy(
    sandbox: Sandbox,
    ffmpeg: str,
    decided: EncodePlan | AudioPlan,
    source: Path | None,
    out: Path,
    limits: Limits,
) -> Policy | None:
    """Let FFmpeg read the source, which it cannot change, and make the outputs.

    Without a `source` that comes through a pipe, and no file may be read. The directory `out` must
    be there.
    """
    return sandbox.policy(
        ffmpeg,
        reads=[source] if source is not None else [],
        writes=[out],
        cpu_seconds=_cpu_seconds(limits.wall_seconds(decided.total_duration)),
        file_size=largest_output(decided, limits.max_duration_s),
    )


def package_policy(
    sandbox: Sandbox, ffmpeg: str, source: Path | None, folder: Path, seconds: float
) -> Policy | None:
    """Let FFmpeg copy a source into segments, in a folder that is there; as `encode_policy`."""
    return sandbox.policy(
        ffmpeg,
        reads=[source] if source is not None else [],
        writes=[folder],
        cpu_seconds=_cpu_seconds(seconds),
        file_size=_LARGEST_SEGMENT,
    )


def largest_output(decided: EncodePlan | AudioPlan, seconds: float) -> int:
    """Return more bytes than any output of a video of `seconds` has."""
    bits = max(rendition.max_bitrate for rendition in decided.renditions) + decided.audio_bitrate
    return max(math.ceil(_MARGIN * bits / 8 * seconds), _SMALLEST)


def _cpu_seconds(wall_seconds: float) -> int:
    """Return what all cores do in that time: it is for when no worker is there to end it."""
    return math.ceil(wall_seconds * (os.cpu_count() or 1)) + _GRACE_S
