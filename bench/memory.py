"""Whether large files stay out of memory.

A file of 2 GiB is uploaded with the `framemill` command and transcoded. `client_peak_mb`,
`api_peak_mb` and `worker_peak_mb` are the most resident memory (VmHWM) that each of these Python
processes ever had, start-up included; FFmpeg is a process of its own and not counted. Megabytes
are 10^6 bytes.

The file is a true MP4: a minute of noisy film, its index first, then one `free` box (ISO/IEC
14496-12, 8.1.2) of zeros up to the size, which takes no room on disk here and which every reader
steps over. So everything is moved and little is encoded. The noise makes renditions that are large
enough to be stored in several parts at once. It takes minutes: the emulator reads the whole object
for each range that is asked for. `samples` tells how long each stage was.
"""

import json
import sys
import time
from pathlib import Path

from bench import joblog
from bench.command import run, upload_command
from bench.errors import MeasureError
from bench.film import clip
from bench.measure import Measured, Options
from bench.memory_of import peak_bytes
from bench.world import World, world
from workers.media.ladder import DEFAULT_LADDER

_SIZE, _QUICK_SIZE = 2 * 1024**3, 200 * 1024**2
_BOX_HEAD = 16  # size 1 says that the true size follows in 64 bits


def measure(options: Options) -> Measured:
    """Make the measure."""
    size = _QUICK_SIZE if options.quick else _SIZE
    with world(ladder=DEFAULT_LADDER) as held:
        file = held.folder / "large.mp4"
        clip(file, size="1280x720", seconds=5 if options.quick else 60, grain=20)
        pad(file, size)
        pids = {name: held.stack.supervisor.pids[name] for name in ("api", "worker")}
        before = {name: peak_bytes(pid) for name, pid in pids.items()}
        client, seconds = _upload(held, file)
        peaks = {name: peak_bytes(pid) for name, pid in pids.items()} | {"client": client}
        if {name: held.stack.supervisor.pids.get(name) for name in pids} != pids:
            raise MeasureError("The API or the worker was started anew meanwhile.")
    figures = {f"{name}_peak_mb": peaks[name] / 1e6 for name in ("worker", "api", "client")}
    samples = {"bytes": size, "before_bytes": before, "peak_bytes": peaks, "seconds": seconds}
    return Measured(figures, samples)


def pad(file: Path, size: int) -> None:
    """Make an MP4 `size` bytes long with a box that holds nothing.

    Raises:
        MeasureError: it is longer already.
    """
    length = size - file.stat().st_size
    if length < _BOX_HEAD:
        raise MeasureError(f"The clip is larger than {size} bytes.")
    with file.open("ab") as out:
        out.write((1).to_bytes(4) + b"free" + length.to_bytes(8))
        out.truncate(size)


def _upload(held: World, file: Path) -> tuple[int, dict[str, float]]:
    """Upload with the command and wait until the video is ready.

    Returns:
        The command's peak in bytes, and the seconds of the upload and of the worker's stages.
    """
    told, begun = held.folder / "client-peak", time.perf_counter()
    argv = [sys.executable, "-m", "bench.own_peak", str(told), *upload_command(file)]
    last = held.client.video(json.loads(run(held, argv))[0]["id"])
    seconds = {"uploading": time.perf_counter() - begun}
    for video in held.client.watch(last.id):
        last = video
    if last.state != "ready":
        raise MeasureError(f"The large video ended as {last.state}: {last.failure}")
    seconds |= joblog.stages(joblog.fetch(held.api, last.id))
    return int(told.read_text()), seconds
