"""DATA_DIR: held by one running stack at a time, until the last of its processes has ended."""

import fcntl
import os
import time
from pathlib import Path

from embedded.errors import StackError
from embedded.guard import birth_of


class Directory:
    """The lock on a directory.

    Attributes:
        lock: its descriptor while it is held. Whoever inherits it holds the directory too.
    """

    def __init__(self, path: Path) -> None:
        """Take the absolute path; nothing is touched yet."""
        self._path = path
        self.lock: int | None = None

    def open(self) -> None:
        """Make and lock the directory; wait while a killed stack's processes are being ended.

        Raises:
            StackError: it cannot be used, or another stack runs in it.
        """
        try:
            # Open to others, since PostgreSQL may run as another user; private files are 0600.
            self._path.mkdir(mode=0o755, parents=True, exist_ok=True)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(f"DATA_DIR={self._path} cannot be used: {error.strerror}.") from None
        while not _locked(lock):
            owner = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
            if not owner.isdigit() or birth_of(int(owner)):
                os.close(lock)
                raise StackError(
                    f"DATA_DIR={self._path} is in use by another running Framemill (process "
                    f"{owner}); stop it first, or choose another DATA_DIR."
                )
            time.sleep(0.05)
        self.lock = lock
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Give the directory back; nothing of it runs any more."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
