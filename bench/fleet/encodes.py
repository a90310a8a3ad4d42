"""`python -m bench.fleet.encodes`: measures what a film costs, and writes `measured.json`.

The product's own FFmpeg command runs on one film repeated to several lengths. CPU seconds are what
counts: other work on the machine changes them little, while wall time is at its mercy; of several
runs the one with the fewest wall seconds is kept for how well the encode fills the cores.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.film import default_film
from bench.fleet.times import MEASURED
from bench.results import machine
from embedded.ffmpeg import find_tools
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import probe
from workers.media.ladder import MISSION_LADDER
from workers.media.plan import plan

_REPEATS = (1, 3, 6)  # lengths, in copies of the film
_RUNS = 2


def main() -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.encodes", description=__doc__)
    parser.add_argument("--film", type=Path, metavar="PATH", help="a film; else the shared one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framemill-fleet-") as name:
        place = Path(name)
        film = chosen.film or default_film(place)
        encodes = [_encode(_repeated(film, copies, place), place) for copies in _REPEATS]
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "ladder": " and ".join(f"{rung.short_side}p" for rung in MISSION_LADDER.rungs),
        "preset": MISSION_LADDER.preset,
        # The run that filled the cores best: this one, or an earlier one on a quieter machine.
        "quiet": max([*encodes, *_earlier()], key=lambda each: each["cpu_s"] / each["wall_s"]),
        "encodes": encodes,
    }
    MEASURED.write_text(json.dumps(found, indent=1) + "\n")
    for each in encodes:
        print(each)
    return 0


def _earlier() -> list[dict[str, Any]]:
    try:
        return [json.loads(MEASURED.read_text())["quiet"]]
    except (OSError, KeyError):
        return []


def _repeated(film: Path, copies: int, place: Path) -> Path:
    """Return the film, played several times over, without encoding it again."""
    target = place / f"{copies}.mp4"
    argv = [
        str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y",
        "-stream_loop", str(copies - 1), "-i", str(film), "-c", "copy", str(target),
    ]  # fmt: skip
    subprocess.run(argv, check=True)
    return target


def _encode(film: Path, place: Path) -> dict[str, Any]:
    """Return seconds of the film, of wall time and of processor time, of the quietest run."""
    tools = find_tools()
    info = asyncio.run(probe(str(tools.ffprobe), f"./{film.name}", cwd=place))
    decided = plan(info, MISSION_LADDER)
    capabilities = asyncio.run(ask_capabilities(str(tools.ffmpeg)))
    argv = encode_command(str(tools.ffmpeg), decided, f"./{film.name}", "out", capabilities)
    runs = [_timed(argv, place) for _ in range(_RUNS)]
    quietest = min(runs, key=lambda run: run["wall_s"])
    made = sum(file.stat().st_size for file in (place / "out").iterdir())
    size = info.video.display_size if info.video else (0, 0)
    return {
        "source_s": round(float(info.duration or 0), 2),
        "source": "x".join(str(round(side)) for side in size),
        "source_bytes": film.stat().st_size,
        "made_bytes": made,
        "cpu_s_all_runs": [run["cpu_s"] for run in runs],
        **quietest,
    }


def _timed(argv: list[str], place: Path) -> dict[str, float]:
    shutil.rmtree(place / "out", ignore_errors=True)
    (place / "out").mkdir()
    before, begun = _children_cpu_s(), time.perf_counter()
    subprocess.run(argv, cwd=place, check=True, capture_output=True)
    wall_s, cpu_s = time.perf_counter() - begun, _children_cpu_s() - before
    return {
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _children_cpu_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    sys.exit(main())
