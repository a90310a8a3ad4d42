"""Notes of what a folder was made of, so that it is not made again while that is the same."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_NAME = ".framemill.json"


def digest(paths: Iterable[Path], *further: object) -> str:
    """Return a digest of files, those in folders too, and of further values."""
    state = hashlib.sha256(repr(further).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                name = os.fsencode(file.relative_to(path.parent))
                state.update(b"%s\0%s" % (name, file.read_bytes()))
    return state.hexdigest()


def read(folder: Path) -> dict[str, str]:
    """Return what was noted in a folder; `digest` is empty unless it is whole."""
    with suppress(OSError, ValueError, TypeError):
        return {"digest": "", **json.loads((folder / _NAME).read_text())}
    return {"digest": ""}


def write(folder: Path, digest: str, **further: str) -> None:
    """Note what a folder was made of; nothing before a change, which may be cut short."""
    if folder.is_dir():
        (folder / _NAME).write_text(json.dumps({"digest": digest, **further}))


@contextmanager
def alone(folder: Path, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a folder, so that two who make it do not take each other's files away.

    `waits` is called if somebody else holds it.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
