"""DATA_DIR: held by one running stack at a time, and cleared of what a killed one left."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

from embedded.errors import StackError
from embedded.leftovers import births_in, end_leftovers
from embedded.store import write_private


class Directory:
    """The lock on a directory, and the note of the processes that belong to it."""

    def __init__(self, path: Path) -> None:
        """Take the absolute path; nothing is touched yet."""
        self._path = path
        self._lock: int | None = None

    def open(self) -> None:
        """Make and lock the directory, and end processes of a killed stack that still run.

        Raises:
            StackError: it cannot be used, or another stack runs in it.
        """
        try:
            # Open to others, since PostgreSQL may run as another user; private files are 0600.
            self._path.mkdir(mode=0o755, parents=True, exist_ok=True)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(f"DATA_DIR={self._path} cannot be used: {error.strerror}.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise StackError(
                f"DATA_DIR={self._path} is in use by another running Framemill (process {owner}); "
                "stop it first, or choose another DATA_DIR."
            ) from None
        self._lock = lock
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        end_leftovers(self._read_note())

    def note(self, births: Mapping[int, str]) -> None:
        """Remember processes, so that the next start finds what a killed one left.

        Args:
            births: see `leftovers.births_of`.
        """
        write_private(self._path / "processes.json", json.dumps(births))

    def close(self) -> None:
        """Give the directory back; nothing of it runs any more."""
        if self._lock is not None:
            (self._path / "processes.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _read_note(self) -> dict[int, str]:
        try:
            return births_in((self._path / "processes.json").read_text())
        except (OSError, ValueError):
            return {}
