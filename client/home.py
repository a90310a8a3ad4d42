"""Where the client keeps what it must remember, readable by its owner only."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from client.errors import HomeUnusable, reason_of


def home_directory(environ: Mapping[str, str]) -> Path:
    """Return FRAMEMILL_HOME, or `framemill` in the state directory of the XDG specification.

    Raises:
        HomeUnusable: neither is known here.
    """
    try:
        if chosen := environ.get("FRAMEMILL_HOME"):
            return Path(chosen).expanduser()
        state = environ.get("XDG_STATE_HOME")
        # The specification says that a relative path is to be ignored.
        known = state if state and Path(state).is_absolute() else None
        base = Path(known) if known else Path.home() / ".local" / "state"
    except RuntimeError as error:  # an account without a home
        raise HomeUnusable(
            "There is no home directory to store logins in. Set FRAMEMILL_HOME to a directory."
        ) from error
    return base / "framemill"


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one when there is none or it is damaged.

    Raises:
        HomeUnusable: the file cannot be read.
    """
    try:
        with _telling(path):
            try:
                text = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return {}
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, with mode 0600, so that a reader never sees half of it.

    Raises:
        HomeUnusable: it cannot be written.
    """
    with _telling(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def remove(path: Path) -> None:
    """Remove a file if it is there.

    Raises:
        HomeUnusable: it cannot be removed.
    """
    with _telling(path):
        path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes and threads respect; it ends with the process.

    Raises:
        HomeUnusable: the file to lock cannot be made.
    """
    with _telling(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _telling(path):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeUnusable(
            f"{path} cannot be used: {reason_of(error)}. Set FRAMEMILL_HOME to another directory."
        ) from error
