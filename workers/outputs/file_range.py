"""A range of a file: it reads like a file of its own, and its disk space can be freed."""

import ctypes
import errno
import functools
import io
import os
from pathlib import Path

from core import log

_log = log.get(__name__)
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h


class Slice(io.RawIOBase):
    """Bytes from `start` on, `length` of them; the SDK sends it without holding it in memory.

    Attributes:
        error: why it could not be read, if it could not; the SDK does not hand that on.
    """

    def __init__(self, path: Path, start: int, length: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._start = start
        self._length = length
        self._place = 0
        self.error: OSError | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read again: it is hashed before it is sent, and sent anew."""
        return True

    def __len__(self) -> int:
        return self._length

    def tell(self) -> int:
        """Return the place within the stretch."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place within the stretch."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        self._place = min(max(base + offset, 0), self._length)
        return self._place

    def readinto(self, buffer: object) -> int:
        """Read what fits.

        Raises:
            OSError: the disk failed, or the file has become shorter.
        """
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        wanted = min(len(view), self._length - self._place)
        try:
            count = self._read(view[:wanted])
        except OSError as error:
            self.error = error
            raise
        self._place += count
        return count

    def _read(self, view: memoryview) -> int:
        count = os.preadv(self._file.fileno(), [view], self._start + self._place)
        if view and not count:
            raise OSError(errno.EIO, "the file has become shorter", self._file.name)
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def free_range(path: Path, start: int, length: int) -> None:
    """Give back the disk of a stretch, which reads as zeros from then on.

    It begins and ends at a block of the file system. One that cannot do that keeps it, and the file
    takes as much as it is long.
    """
    with path.open("r+b", buffering=0) as file:
        try:
            fallocate = ctypes.CDLL(None, use_errno=True).fallocate
        except AttributeError:  # not Linux
            _say_kept(errno.ENOSYS)
            return
        fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
        if fallocate(file.fileno(), _KEEP_SIZE | _PUNCH_HOLE, start, length) < 0:
            _say_kept(ctypes.get_errno())


@functools.cache  # once for each reason
def _say_kept(number: int) -> None:
    _log.warning("scratch_not_given_back", reason=os.strerror(number))
