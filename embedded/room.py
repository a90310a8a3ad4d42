"""Warns when the disk is too full: workers then take no task."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded.console import complain, say


@dataclass
class Room:
    """The free disk of the workers; says once when it becomes too little.

    `place` need not be there yet; `wanted` bytes must be free before a video is begun.
    """

    place: Path
    wanted: int
    _short: bool = False

    def shortage(self) -> str | None:
        """Return what there is too little of, as a sentence; None when there is enough."""
        free = _free(self.place)
        if free is None or free >= self.wanted:
            return None
        return (
            f"{size(free)} are free in {self.place}, but a worker needs {size(self.wanted)} to "
            "take a task. Free some disk, or set MIN_FREE_DISK_BYTES lower."
        )

    def look(self) -> None:
        """Say when videos begin and stop waiting for free disk."""
        shortage = self.shortage()
        if shortage and not self._short:
            complain(f"Videos wait for free disk: {shortage}")
        elif self._short and not shortage:
            say("There is enough free disk again.")
        self._short = shortage is not None


def size(count: int) -> str:
    """Return a number of bytes for people."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def _free(place: Path) -> int | None:
    for each in (place, *place.parents):
        try:
            usage = shutil.disk_usage(each)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return usage.free if usage.total else None  # no disk: the kernel's own files
    return None
