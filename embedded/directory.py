"""DATA_DIR: held by one running stack at a time, until the last of its processes has ended."""

import fcntl
import os
import time
from pathlib import Path

from embedded.errors import StackError
from embedded.guard import birth_of

_PATIENCE_S = 30.0  # the guard of a killed stack needs some eight


def hold(path: Path) -> int:
    """Make and lock a directory; wait while a killed stack's processes are being ended.

    Returns:
        The lock's descriptor. Whoever inherits it holds the directory too.

    Raises:
        StackError: it cannot be used, another stack runs in it, or its processes do not end.
    """
    try:
        # Open to others, since PostgreSQL may run as another user; private files are 0600.
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StackError(f"DATA_DIR={path} cannot be used: {error.strerror}.") from None
    deadline = time.monotonic() + _PATIENCE_S
    while not _locked(lock):
        owner = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        lives = not owner.isdigit() or birth_of(int(owner))
        if lives or time.monotonic() > deadline:
            os.close(lock)
            what, todo = (
                ("another running Framemill", "stop it")
                if lives
                else ("processes that do not end, of a killed Framemill", "end them")
            )
            raise StackError(
                f"DATA_DIR={path} is in use by {what} (process {owner}); {todo} first, or choose "
                "another DATA_DIR."
            )
        time.sleep(0.05)
    os.truncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
