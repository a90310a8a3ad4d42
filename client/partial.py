"""The file in which a download grows: one writer at a time, and its name only when it is whole."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path


class Taken(Exception):
    """Somebody else is writing this file now."""


class Changed(Exception):
    """What lies under the file's name is not what was checked."""


@contextmanager
def claimed(path: Path) -> Iterator[BufferedRandom]:
    """Open a partial file, made if need be, that nobody else may write meanwhile.

    The lock is the kernel's: it ends with the block or with the process, however that ends. What
    has been written stays; an empty file does not.

    Raises:
        Taken: another download holds it.
        OSError: it cannot be opened or written.
    """
    with _claim(path) as file:
        try:
            yield file
        finally:
            if _bears(file, path) and os.fstat(file.fileno()).st_size == 0:
                path.unlink()


def put_in_place(file: BufferedRandom, partial: Path, target: Path, *, replace: bool) -> None:
    """Give the whole file its name, and take the partial one away.

    Args:
        file: as `claimed` opened it; what was written must be on the disk.
        partial: its name now.
        target: its name from now on.
        replace: whether a file of that name may go.

    Raises:
        FileExistsError: there is one.
        Changed: somebody wrote to the file or replaced it meanwhile.
        OSError: the name cannot be given.
    """
    whole = _mark(os.fstat(file.fileno()))
    if replace:
        partial.replace(target)
    else:
        _add_name(partial, target)
    if _mark(target.stat()) != whole:
        if _bears(file, target):
            target.unlink()
        raise Changed(str(target))


def proven_md5(headers: Mapping[str, str]) -> str | None:
    """Return the MD5 that an object's headers promise, if they do.

    An ETag is one if the object came in one piece and its key is not a customer's: that of a
    multipart upload ends in the number of its parts, and their sizes are not told.
    """
    encryption = headers.get("x-amz-server-side-encryption", "")
    if encryption.startswith("aws:kms"):
        return None
    if "x-amz-server-side-encryption-customer-algorithm" in headers:
        return None
    found = re.fullmatch(r'"?([0-9a-f]{32})"?', headers.get("etag", "").strip(), re.IGNORECASE)
    return found.group(1).lower() if found else None


def md5_of(file: BufferedRandom) -> str:
    """Return the MD5 of a file as it is on the disk."""
    file.seek(0)
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _claim(path: Path) -> BufferedRandom:
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.fdopen(os.open(path, flags, 0o666), "r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have given it its name meanwhile; then it is nobody's to write.
            if _bears(file, path):
                if os.fstat(file.fileno()).st_nlink == 1:
                    return file
                # A run that was killed while it gave the name: the file lives under another.
                path.unlink()
        except BlockingIOError as error:
            file.close()
            raise Taken(str(path)) from error
        except BaseException:
            file.close()
            raise
        file.close()


def _bears(file: BufferedRandom, path: Path) -> bool:
    """Whether the open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _add_name(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)  # fails if the name is taken, whoever was faster
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        partial.replace(target)
    else:
        partial.unlink()
