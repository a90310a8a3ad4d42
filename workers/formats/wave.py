"""WAVE: whether the file ends before its samples do. Pure.

Source: Microsoft, Multimedia Programming Interface and Data Specifications 1.0 (RIFF).
"""

from collections.abc import Callable

# What writes into a pipe cannot know the length, and puts in the highest number there is, or so.
_NOT_KNOWN = 0x7FFFF000
_MOST_CHUNKS = 256
_SLACK = 4096  # some count their header, too


def missing(size: int, read: Callable[[int, int], bytes]) -> float:
    """Return the part of the sound, as the header counts its bytes, that is not in the file.

    Args:
        size: of the file, in bytes.
        read: returns the bytes from one place to another.
    """
    if read(0, 4) != b"RIFF":
        return 0.0
    at = 12
    for _ in range(_MOST_CHUNKS):
        head = read(at, at + 8)
        if len(head) < 8:
            break
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"data":
            gone = at + 8 + length - size
            return gone / length if gone > _SLACK and length < _NOT_KNOWN else 0.0
        at += 8 + length + length % 2
    return 0.0
