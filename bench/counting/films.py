"""A film of two hours that can be transcoded while one waits."""

import subprocess
from pathlib import Path

from embedded.ffmpeg import find_tools

LONG_S = 7200
_RATE = 6  # pictures a second
_SIZE = "640:360"


def long_film(short: Path, folder: Path) -> Path:
    """Return two hours of a film shown again and again, small and with few pictures a second.

    It is encoded once and then repeated by copying, so that real footage of that length is there
    within a minute. Its ladder has one rung, its own size.

    Raises:
        CalledProcessError: FFmpeg failed.
    """
    once, target = folder / "once.mp4", folder / "long.mp4"
    _run(
        "-i", str(short), "-vf", f"fps={_RATE},scale={_SIZE}", "-c:v", "libx264",
        "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p", "-c:a", "aac",
        "-b:a", "96k", str(once),
    )  # fmt: skip
    _run(
        "-stream_loop", "-1", "-i", str(once), "-t", str(LONG_S), "-c", "copy",
        "-movflags", "+faststart", str(target),
    )  # fmt: skip
    return target


def _run(*arguments: str) -> None:
    argv = [str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(argv, check=True)
