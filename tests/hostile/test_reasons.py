"""A playlist is refused because its format is not on the list, under any name, by each program."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from tests.hostile import texts
from tests.hostile.conftest import Watch
from tests.hostile.maker import Maker
from workers.ffmpeg.whitelists import input_options
from workers.media.limits import Limits

Make = Callable[[Maker], bytes]
TOOLS = find_tools()
PROGRAMS = {
    "ffmpeg": ([str(TOOLS.ffmpeg), "-nostdin"], ["-f", "null", "-"]),
    "ffprobe": ([str(TOOLS.ffprobe)], []),
}
FILES: dict[str, Make] = {
    "x.m3u8": lambda m: texts.hls(f"http://{m.address}/x.ts"),
    "y.m3u8": lambda m: texts.hls(f"file://{m.canary}"),
    "x.ffconcat": lambda m: texts.ffconcat(f"http://{m.address}/x.mp4"),
    "x.mpd": lambda m: texts.dash(f"http://{m.address}/x.mp4"),
    "x.sdp": lambda m: texts.sdp(m.port),
    "x.svg": lambda m: texts.svg(f"file://{m.canary}"),
    "x.png": lambda _: texts.png(30_000),
}


def knows(program: str, demuxer: str) -> bool:
    """Whether a build has a demuxer at all."""
    argv = [*PROGRAMS[program][0][:1], "-v", "error", "-demuxers"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout
    return any(demuxer in line.split() for line in listed.splitlines())


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_list_of_formats_is_the_reason(
    watch: Watch, maker: Maker, tmp_path: Path, program: str, name: str
) -> None:
    if name.endswith(".mpd") and not knows(program, "dash"):
        pytest.skip("this build knows no DASH")
    (tmp_path / name).write_bytes(FILES[name](maker))
    before, after = PROGRAMS[program]
    done = subprocess.run(
        [*before, *input_options(Limits()), "-i", f"./{name}", *after],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Format not on whitelist" in done.stderr
    assert watch.wrong() == []
