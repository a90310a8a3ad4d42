"""`python -m workers`: work on tasks until SIGTERM or SIGINT."""

import asyncio
import ctypes
import sys

from core import config, log
from workers.main import serve
from workers.settings import Settings

# From malloc.h of glibc.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 256 * 1024  # bytes


def main() -> int:
    """Work; the exit status is 1 when a setting cannot be used."""
    _return_free_memory()
    try:
        settings = config.load(Settings)
        log.configure(settings.log_level, settings.log_format)
        asyncio.run(serve(settings))
    except config.ConfigError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    return 0


def _return_free_memory() -> None:
    """Keep large blocks out of the heap, and the heap in one piece.

    By default glibc moves blocks of up to 32 MiB into the heap once one of that size was freed, and
    has a heap for every thread: parts that are long sent would stay in memory. Elsewhere than on
    glibc this does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_ARENA_MAX, 1)


if __name__ == "__main__":
    sys.exit(main())
