"""Writes the arguments that make one picture of a film of ours."""

from workers.ffmpeg.command import still_output
from workers.ffmpeg.stills import JPEG
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.limits import Limits


def poster_command(
    ffmpeg: str, source: str, seconds: float, out_dir: str, limits: Limits
) -> list[str]:
    """Write the argument list: the first picture from so many seconds on becomes `poster.jpg`."""
    return [
        ffmpeg,
        "-hide_banner",
        "-nostdin",
        "-y",
        "-v", "warning",
        "-nostats",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits, source),
        "-ss", f"{seconds:.6f}",
        "-i", source,
        "-map", "0:v:0",
        "-frames:v", "1",
        "-vf", f"scale={JPEG}",
        *still_output(out_dir),
    ]  # fmt: skip
