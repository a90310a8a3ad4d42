"""Makes the C library return free memory to the system."""

import ctypes
import sys

# From malloc.h of glibc.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 256 * 1024  # bytes


def return_free_memory() -> None:
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
