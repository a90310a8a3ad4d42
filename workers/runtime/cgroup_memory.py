"""How much memory is left before the kernel would kill this container.

A container may use what its control group allows, often less than the machine has. Groups are
nested: the smallest limit counts. The kernel's file cache counts as free, because it is dropped
when the memory is needed (docs.kernel.org: admin-guide/cgroup-v1/memory, admin-guide/cgroup-v2,
filesystems/proc).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_ROOT = Path("/")


def available_memory(root: Path = _ROOT) -> int | None:
    """Return the bytes that can still be used, or None where the system does not tell."""
    found = [_of_machine(root), *_of_groups(root)]
    return min((each for each in found if each is not None), default=None)


def memory_of_children(root: Path = _ROOT, pid: int | None = None) -> int:
    """Return the bytes of memory that our child processes and theirs hold; 0 when unknown."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for entry in (root / "proc").glob("[0-9]*"):
        # After the name in brackets, which may hold anything: state, parent, … (proc(5)).
        fields = (_read(entry / "stat") or "").rpartition(")")[2].split()
        if len(fields) > 21:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            resident[int(entry.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    total, waiting = 0, list(children.get(os.getpid() if pid is None else pid, ()))
    while waiting:
        child = waiting.pop()
        total += resident[child]
        waiting += children.get(child, ())
    return total


def _of_machine(root: Path) -> int | None:
    found = re.search(
        r"^MemAvailable:\s+(\d+) kB$", _read(root / "proc/meminfo") or "", re.MULTILINE
    )
    return int(found[1]) * 1024 if found else None


def _of_groups(root: Path) -> Iterator[int]:
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            for place in _places(root / "sys/fs/cgroup", path):
                yield from _left(place, "memory.max", "memory.current", "")
        elif "memory" in controllers.split(","):
            for place in _places(root / "sys/fs/cgroup/memory", path):
                yield from _left(place, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_")


def _places(mounted: Path, path: str) -> list[Path]:
    """Return the directories of a group and of all that it lies in.

    Inside a container the path may be the host's, of which only the root is seen.
    """
    inside = PurePosixPath(path.lstrip("/"))
    return [mounted / inside, *(mounted / parent for parent in inside.parents if inside.parts)]


def _left(place: Path, limit: str, usage: str, prefix: str) -> Iterator[int]:
    most, used = _read(place / limit), _read(place / usage)
    if most is None or used is None or most == "max":
        return
    kept = re.findall(
        rf"^{prefix}(?:in)?active_file (\d+)$", _read(place / "memory.stat") or "", re.MULTILINE
    )
    yield max(0, int(most) - max(0, int(used) - sum(map(int, kept))))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
