"""How much disk a worker needs for its work.

`scratch_peak_mb` is the most that its scratch directory ever held, in megabytes (10^6 bytes) of
blocks that are in use, while a large source became ready with the usual ladder; looked at ten times
a second. `scratch_peak_short_mb` is the same for a sixth of that source: what is needed does not
grow with it. Both have their index in front, so they are read as they arrive. Grain makes source
and outputs many times as large as those of a usual film of the length.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.film import large_film, looped
from bench.measure import Measured, Options
from bench.world import World, world
from workers.media.ladder import DEFAULT_LADDER

_TIMES = 6
_LOOK_S = 0.1
_BLOCK = 512  # bytes, as `st_blocks` counts


def measure(options: Options) -> Measured:
    """Make the measure."""
    with world(ladder=DEFAULT_LADDER) as held:
        film = large_film(held.folder)
        films = {"short": film}
        if not options.quick:
            films["long"] = looped(film, held.folder / "long.mp4", _TIMES)
        sizes = {name: each.stat().st_size for name, each in films.items()}
        peaks = {name: _peak(held, each) for name, each in films.items()}
    figures = {"scratch_peak_mb": max(peaks.values()) / 1e6}
    figures["scratch_peak_short_mb"] = peaks["short"] / 1e6
    return Measured(figures, {"source_bytes": sizes, "peak_bytes": peaks})


def _peak(held: World, film: Path) -> int:
    """Return the most bytes on the worker's disk while a film was made."""
    with _watched(Path(held.stack.environment["SCRATCH_DIR"])) as seen:
        held.transcoded(film)
    return max(seen)


@contextmanager
def _watched(place: Path) -> Iterator[list[int]]:
    seen, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            seen.append(_used(place))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _used(place: Path) -> int:
    """Return the bytes of the disk that files below a directory take."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                total += (Path(folder) / name).stat().st_blocks * _BLOCK
            except FileNotFoundError:  # it is sent, and gone
                continue
    return total
