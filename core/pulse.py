"""Shows that a process is alive: it touches a file while its event loop runs.

`python -m core.pulse` exits with 0 if `PULSE_FILE` was touched lately. It is the health check of
processes without a port, or with a port that the check cannot reach.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from core import log

_log = log.get(__name__)
_BEAT_S = 5.0
_SILENT_S = 30.0  # six beats


async def beat(path: Path) -> None:
    """Touch the file until cancelled.

    While that fails nobody can see that we live; it is tried again, because a disk that is full
    does not stay so.

    Raises:
        FileNotFoundError: there is no such directory.
    """
    while True:
        try:
            path.touch(mode=0o600)
            os.utime(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            _log.warning("pulse_missed", error=repr(error))
        await asyncio.sleep(_BEAT_S)


def is_alive(path: Path, now: float) -> bool:
    """Tell whether the file was touched in the last half minute; `now` in seconds since 1970."""
    try:
        return now - path.stat().st_mtime < _SILENT_S
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(Path(os.environ["PULSE_FILE"]), time.time()) else 1)
