"""Decides whether there is memory and disk for one more task."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core import log
from workers.runtime.cgroup_memory import available_memory, memory_of_children
from workers.settings import Settings

_log = log.get(__name__)


@dataclass(frozen=True)
class Free:
    """What there is now, in bytes; `held` is memory that the running tasks hold already."""

    memory: int | None
    disk: int
    held: int = 0


def may_start(free: Free, running: int, task_memory: int, free_disk: int) -> str | None:
    """Decide whether one more task can start while others run.

    What runs has perhaps just begun: the memory that it will yet want is kept for it. A task that
    would be alone may always try, however little memory there is, because nothing of ours would
    make more of it by ending. A short disk holds it up all the same: the attempt could only fail.

    One is expected to use `task_memory` bytes at its peak, 0 to take no account of it; `free_disk`
    bytes must be free.

    Returns:
        None when it may; otherwise what there is too little of, for the operator.
    """
    if free.disk < free_disk:
        return f"{_mb(free.disk)} of disk are free, {_mb(free_disk)} are needed"
    if running == 0 or free.memory is None or task_memory == 0:
        return None
    promised = max(0, running * task_memory - free.held)
    if free.memory - promised < task_memory:
        return (
            f"{_mb(free.memory)} of memory are free, of which {_mb(promised)} are reserved for "
            f"running tasks; {_mb(task_memory)} are needed"
        )
    return None


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


class Capacity:
    """Checks before tasks start, and logs once when there is no room.

    `short_of` is what there was too little of for one more when it was last asked; None for enough.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.short_of: str | None = None

    def room(self, running: int, most: int) -> int:
        """Return how many more tasks can start now, at most `most`."""
        settings, free = self._settings, look_at(self._settings.scratch_dir)
        for more in range(most):
            reason = may_start(
                free, running + more, settings.task_memory_bytes, settings.min_free_disk_bytes
            )
            if reason is not None:
                self._note(reason if more == 0 else None)
                return more
        self._note(None)
        return most

    def _note(self, short_of: str | None) -> None:
        if short_of and not self.short_of:
            _log.warning("waiting_for_capacity", reason=short_of)
        elif self.short_of and not short_of:
            _log.info("capacity_again")
        self.short_of = short_of


def look_at(scratch: Path) -> Free:
    """Return what is free on this machine; `scratch` must exist."""
    return Free(available_memory(), shutil.disk_usage(scratch).free, memory_of_children())
