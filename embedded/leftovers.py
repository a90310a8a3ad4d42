"""Processes that have lost their supervisor: how they are known again, and how they are ended."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

_GRACE_S = 8.0


def births_of(pids: Iterable[int]) -> dict[int, str]:
    """Return when each process was started (clock ticks), which tells it from a later namesake.

    Empty text stands for one that has ended.
    """
    return {pid: _birth(pid) for pid in pids}


def births_in(text: str) -> dict[int, str]:
    """Read what `json.dumps` made of `births_of`.

    Raises:
        ValueError: it is something else.
    """
    note = json.loads(text)
    if not isinstance(note, dict):
        raise ValueError("this is no note of processes")  # noqa: TRY004 - the text is at fault
    return {int(pid): str(birth) for pid, birth in note.items()}


def end_leftovers(births: Mapping[int, str], grace: float = _GRACE_S) -> None:
    """Wait for processes that the kernel has already told to end; kill those that do not.

    Each leads a group of its own; what is left of the group goes as well.

    Args:
        births: see `births_of`; one that was born at another time is somebody else.
        grace: seconds before they are killed.
    """
    deadline = time.monotonic() + grace
    leaders = _living(births, births)
    while left := _living(leaders, births):
        if time.monotonic() > deadline:
            _kill_groups(left)
        time.sleep(0.02)
    _kill_groups(leaders)


def _living(pids: Iterable[int], births: Mapping[int, str]) -> list[int]:
    return [pid for pid in pids if births[pid] and _birth(pid) == births[pid]]


def _kill_groups(leaders: Iterable[int]) -> None:
    for pid in leaders:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _birth(pid: int) -> str:
    """Return the kernel's start time of a process (clock ticks); empty when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start = fields[0], fields[19]  # proc(5), counted from the state
    return "" if state == "Z" else start
