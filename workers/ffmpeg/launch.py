"""Become another program that dies with the one that started it.

Run as a script by `process.py`, so it stands alone and imports little: its start-up is part of
every FFmpeg start. `python -I -S launch.py PARENT_PID PROGRAM ARGUMENT...`
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ask for a SIGKILL at the parent's death, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died before the request was in place.
        if os.getppid() != parent:
            os._exit(1)
    try:
        os.execv(program, sys.argv[2:])  # noqa: S606  becoming the program is the purpose
    except OSError as error:
        sys.stderr.write(f"{program}: {error.strerror}\n")
        # The shell's numbers for "not found" and "not executable".
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    main()
