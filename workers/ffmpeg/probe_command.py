"""Argument lists for ffprobe."""

from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.limits import DEFAULT_LIMITS, Limits


def probe_command(ffprobe: str, path: str, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Ask for everything `parse_probe` reads of an untrusted file.

    Args:
        ffprobe: absolute path of the program.
        path: the file; a relative one starts with `./`, so that it cannot look like an option.
        limits: streams and pixels beyond which ffprobe gives up.
    """
    return [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        # One more than is taken: the Matroska demuxer stops there without an error, and only a
        # stream too many tells that file from one that is just full.
        *input_options(limits.max_streams + 1, limits.max_pixels, path),
        "-print_format", "json=compact=1",
        "-show_format",
        "-show_streams",
        "-i", path,
    ]  # fmt: skip
