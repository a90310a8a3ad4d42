"""AVI: is all of it there?"""

import os
import struct
from typing import BinaryIO

_HEAD = struct.Struct("<4sI")
# A RIFF of an AVI has a GB or so. More of them are no AVI, and a look at each takes long.
_MOST_CHUNKS = 10_000
# Some writers count the eight bytes before a chunk, or the padding behind it; others do not.
_SLACK = 16


def is_cut(file: BinaryIO) -> bool:
    """Whether a file ends before its chunks do: one, or several where it is larger than 1 GB."""
    size, at = file.seek(0, os.SEEK_END), 0
    for _ in range(_MOST_CHUNKS):
        if at + _HEAD.size > size:
            return at > size + _SLACK
        file.seek(at)
        name, length = _HEAD.unpack(file.read(_HEAD.size))
        if name != b"RIFF":
            return False  # what lies behind an AVI is none of it
        at += _HEAD.size + length
    return False
