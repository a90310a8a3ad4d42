"""Where the client keeps what it must remember, readable by its owner only."""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def home_directory(environ: Mapping[str, str]) -> Path:
    """Return FRAMEMILL_HOME, or `framemill` in the state directory of the XDG specification."""
    if chosen := environ.get("FRAMEMILL_HOME"):
        return Path(chosen).expanduser()
    state = environ.get("XDG_STATE_HOME")
    # The specification says that a relative path is to be ignored.
    base = Path(state) if state and Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "framemill"


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, with mode 0600, so that a reader never sees half of it."""
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


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes and threads respect; it ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
