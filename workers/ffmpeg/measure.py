"""Looks at the first pictures of a file for signs that they are woven of fields."""

from collections.abc import Callable
from pathlib import Path

from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.fields import measured
from workers.media.info import VideoStream
from workers.media.limits import Limits
from workers.sandbox.policy import Policy

_PICTURES = 120  # some seconds


async def measure(
    ffmpeg: str,
    path: str,
    video: VideoStream,
    *,
    cwd: Path,
    limits: Limits,
    policy: Policy | None = None,
    spent: Callable[[float], None] | None = None,
) -> VideoStream:
    """Return a stream with what its pictures tell. What it runs in is as for `probe`."""
    argv = [
        ffmpeg,
        "-hide_banner", "-nostdin", "-nostats",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, path),
        "-i", path,
        "-map", f"0:{video.index}",
        "-vf", "scale=iw:ih,idet",
        "-frames:v", str(_PICTURES),
        "-f", "null", "-",
    ]  # fmt: skip
    patience = ProcessLimits(wall_seconds=limits.probe_timeout_s)
    try:
        done = await run(argv, cwd=cwd, limits=patience, policy=policy, spent=spent)
    except FFmpegFailedError:
        return video  # that it is damaged is seen when it is encoded
    return measured(video, done.stderr_tail)
