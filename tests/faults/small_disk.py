"""A small file system for a while, which a test can fill.

It is mounted in a mount namespace that a process of ours holds, and is reached through that
process's root: nothing is mounted for anybody else, and it is gone when the process is, however
the tests end. As root that takes CAP_SYS_ADMIN, for others a user namespace; where neither may be
had, `SmallDisk` cannot be made and says why.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 1024**2
WAYS = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))
_SCRIPT = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo ready && exec cat'


class NoSmallDisk(AssertionError):
    """This machine lets nobody like us mount one; the message says what was refused."""


class SmallDisk:
    """A file system of a few MiB at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    @property
    def free(self) -> int:
        """Bytes that can be written yet."""
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Take all room but so many bytes, in place of what was taken before."""
        self.empty()
        size = 0
        with self._ballast.open("wb") as file:
            while (room := self.free - leave) > 0:
                with contextlib.suppress(OSError):  # somebody else was faster; there is less now
                    os.posix_fallocate(file.fileno(), size, room)
                    size += room

    def empty(self) -> None:
        """Give back the room that was taken."""
        self._ballast.unlink(missing_ok=True)

    def left_behind(self) -> list[Path]:
        """Files that are not ours, except the locks that running workers hold."""
        return [
            path
            for path in self.path.rglob("*")
            if path.is_file() and path != self._ballast and path.name != "lock"
        ]


@contextmanager
def small_disk(directory: Path, size: int = 64 * _MIB) -> Iterator[SmallDisk]:
    """Lend a small disk.

    Args:
        directory: to mount on; made when it is not there.
        size: in bytes.

    Raises:
        NoSmallDisk: it may not be mounted here.
    """
    directory.mkdir(parents=True, exist_ok=True)
    holder = _hold(directory, size)
    try:
        yield SmallDisk(Path(f"/proc/{holder.pid}/root") / directory.relative_to("/"))
    finally:
        holder.kill()
        holder.communicate()


def _hold(directory: Path, size: int) -> "subprocess.Popen[str]":
    refusals = []
    for way in WAYS:
        argv = (*way, "sh", "-c", _SCRIPT, "sh", str(size), str(directory))
        try:
            holder = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            refusals.append(str(error))
            continue
        assert holder.stdout is not None
        if holder.stdout.readline() == "ready\n":
            return holder
        _, words = holder.communicate()
        refusals.append(words.strip() or "no reason was given")
    raise NoSmallDisk("no small file system can be mounted here: " + "; ".join(refusals))
