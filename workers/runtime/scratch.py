"""The scratch directory of a worker, and what room there is on its disk."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from core import log
from core.errors import Failure, TransientError
from core.model.failure_codes import FailureCode

_log = log.get(__name__)
_LOCK = "lock"
_OUTPUTS = 1024**3
_ANY_SIZE = 1 << 62

FULL = Failure(
    FailureCode.RESOURCE_LIMIT,
    "The worker has not enough free disk for this file now. Try again later.",
    retryable=True,
)


def outputs_room(source_size: int) -> int:
    """Return the bytes of disk for what is made of a source. Pure.

    It is sent while it is made: however long the video is, no more of it is there at once. Of a
    small source hardly ever more than twice its size is made.
    """
    return min(2 * source_size, _OUTPUTS)


def whole_file_room(source_size: int) -> int:
    """Return the bytes for a source that is fetched whole, and for what is made of it. Pure."""
    return source_size + outputs_room(source_size)


def largest_whole(disk: int) -> int:
    """Return the size of the largest source that `whole_file_room` lets onto a disk. Pure."""
    return max(disk // 3, disk - _OUTPUTS)


def largest_streamed(disk: int) -> int:
    """Return the same of one of which nothing is kept, and `outputs_room`. Pure."""
    return _ANY_SIZE if disk >= _OUTPUTS else disk // 2


@contextlib.contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """Lend a directory to a worker process.

    Each process locks a directory of its own. What a killed process left behind is not locked any
    more, and the next one to start removes it.
    """
    root.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(root)
    home, lock = _make_home(root)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        lock.close()


async def require(place: Path, needed: int) -> None:
    """See that so many bytes are free where a directory is.

    Raises:
        TransientError: there is no room for them.
    """
    disk = await asyncio.to_thread(shutil.disk_usage, place)
    if disk.free < needed:
        # Waiting helps where others have filled it, not where it could never hold so much.
        raise TransientError(
            f"{disk.free} bytes are free, {needed} are needed", FULL, charge=disk.total < needed
        )


def _make_home(root: Path) -> tuple[Path, TextIO]:
    """Make a directory and lock it.

    Another worker that starts at this moment may find it before it is locked, and take it for
    abandoned: then a new one is made.
    """
    while True:
        home = root / f"worker-{uuid.uuid4().hex[:12]}"
        home.mkdir(mode=0o700)
        lock = (home / _LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / _LOCK).exists():
            return home, lock
        lock.close()


def _remove_abandoned(root: Path) -> None:
    for home in root.glob("worker-*"):
        with contextlib.suppress(OSError), (home / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _log.info("scratch_reclaimed", directory=os.fspath(home))
            shutil.rmtree(home, ignore_errors=True)
