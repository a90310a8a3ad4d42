"""Decides when a process has made no progress for too long, by what is seen from outside."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_LOOKS = 12  # in the time that a process may stand still


@dataclass(frozen=True, slots=True)
class Signs:
    """What can be seen of a process from outside.

    Attributes:
        files: name, size in bytes and time of the last change in ns, of each file it makes.
        stored: bytes that it has had read from and written to disks; None when it is not told.
        taken: bytes of its standard input that it has taken, which come to an end.
    """

    files: frozenset[tuple[str, int, int]] = frozenset()
    stored: tuple[int, int] | None = None
    taken: int = 0


class StallClock:
    """Remembers when a process last moved.

    FFmpeg repeats its report while it hangs, so only a changed time or frame counts. It reports
    nothing at all while it moves the index of a large video to its front, or reads its way through
    a source; then its files change, or bytes go to and from the disk. A process that does that to
    no purpose moves for ever here: that is what the limit on its whole time is for.

    At `deadline` it will have stood still for too long; at `look_at` it is looked at from outside.
    """

    def __init__(self, limit_s: float, now: float) -> None:
        self._limit_s = limit_s
        self._place: tuple[float | None, int | None] = (None, None)
        self._signs: Signs | None = None
        self.deadline = now + limit_s
        self.look_at = now

    def reported(
        self, out_time: float | None, frame: int | None, *, done: bool, now: float
    ) -> None:
        """Take a report of its own."""
        if done or (out_time, frame) != self._place:
            self._place = (out_time, frame)
            self.deadline = now + self._limit_s

    def looked(self, signs: Signs, now: float) -> None:
        """Take what was seen; the first time there is nothing to compare it with."""
        if self._signs is not None and signs != self._signs:
            self.deadline = now + self._limit_s
        self._signs = signs
        self.look_at = min(now + self._limit_s / _LOOKS, max(self.deadline, now))

    def stands_still(self, now: float) -> bool:
        """Tell whether it has stood still for too long."""
        return now >= self.deadline


def look(pid: int, outputs: Path | None, taken: int = 0) -> Signs:
    """Return what can be seen of a process now; what is gone, or may not be seen, is left out.

    It makes its files in the directory `outputs`, if any, and has taken `taken` bytes of its input.
    """
    files = _files(outputs) if outputs is not None else []
    return Signs(frozenset(files), _stored(pid), taken)


def _files(outputs: Path) -> list[tuple[str, int, int]]:
    try:
        with os.scandir(outputs) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError:
        return []
    return [(name, status.st_size, status.st_mtime_ns) for name, status in found]


def _stored(pid: int) -> tuple[int, int] | None:
    # Of the storage alone, proc(5): what comes from the page cache or goes into a pipe is not in
    # it, so that neither reading the same bytes for ever nor a repeated report is taken for work.
    try:
        text = (Path("/proc") / str(pid) / "io").read_text(encoding="ascii")
    except OSError:
        return None
    told = dict(re.findall(r"^(read_bytes|write_bytes): (\d+)$", text, re.MULTILINE))
    if len(told) < 2:
        return None
    return int(told["read_bytes"]), int(told["write_bytes"])
