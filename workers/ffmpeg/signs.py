"""Watches a process from outside: its output files and its disk reads and writes."""

import os
import re
from pathlib import Path

from workers.ffmpeg.stall import Signs

_PROC = Path("/proc")


def look(pid: int, outputs: Path | None, taken: int = 0) -> Signs:
    """Return what can be seen now. What is gone, or may not be seen, is left out.

    Args:
        pid: of the process.
        outputs: the directory in which it makes its files, if it makes any.
        taken: bytes of its standard input that it has taken.
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
        text = (_PROC / str(pid) / "io").read_text(encoding="ascii")
    except OSError:
        return None
    told = dict(re.findall(r"^(read_bytes|write_bytes): (\d+)$", text, re.MULTILINE))
    if len(told) < 2:
        return None
    return int(told["read_bytes"]), int(told["write_bytes"])
