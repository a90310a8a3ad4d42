"""The clips that are measured with, made by FFmpeg where none is given."""

import subprocess
from pathlib import Path

from embedded.emulator import ROOT
from embedded.ffmpeg import find_tools

_SHARED = ROOT.parent / "shared" / "media" / "film_1080p24_21s.mp4"


def default_film(folder: Path) -> Path:
    """Return the shared film when it is there, else one that is generated into `folder`."""
    if _SHARED.exists():
        return _SHARED
    return large_film(folder)


def large_film(folder: Path) -> Path:
    """Make a film of some 250 MB in `folder`: 20 seconds of moving shapes under grain.

    Plain test patterns are far easier to encode than film.
    """
    return clip(folder / "film.mp4", size="1920x1080", seconds=20, grain=12)


def clip(target: Path, *, size: str, seconds: float, grain: int = 0) -> Path:
    """Make a clip at 24 frames a second with sound, its index first; returns `target`.

    Args:
        target: the file.
        size: `WIDTHxHEIGHT`.
        seconds: its length.
        grain: strength of the noise over it, 0 to 100.

    Raises:
        CalledProcessError: FFmpeg failed.
    """
    picture = f"testsrc2=size={size}:rate=24"
    if grain:
        picture += f",noise=alls={grain}:allf=t"
    argv = [
        str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y",
        "-f", "lavfi", "-i", picture,
        "-f", "lavfi", "-i", "sine=frequency=220:sample_rate=48000",
        "-t", f"{seconds:g}", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "23",
        "-pix_fmt", "yuv420p", "-c:a", "aac",
        # The index first, so that readers find it however much follows.
        "-movflags", "+faststart", str(target),
    ]  # fmt: skip
    subprocess.run(argv, check=True)
    return target


def looped(film: Path, target: Path, times: int) -> Path:
    """Make a film that is so many times another one, by copy, its index first; return `target`.

    Raises:
        CalledProcessError: FFmpeg failed.
    """
    argv = [
        str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-stream_loop", str(times - 1),
        "-i", str(film), "-c", "copy", "-movflags", "+faststart", str(target),
    ]  # fmt: skip
    subprocess.run(argv, check=True)
    return target
