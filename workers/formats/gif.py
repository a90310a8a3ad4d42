"""Whether the end of a GIF is there. See the GIF89a specification, sections 15 to 27."""

import mmap

_HEADER = 13  # bytes: signature, and the size of the screen
_TRAILER, _EXTENSION, _IMAGE = 0x3B, 0x21, 0x2C


def is_cut(data: bytes | mmap.mmap) -> bool:
    """Whether a GIF, whose bytes these are, ends before its trailer.

    What has blocks of an unknown kind is not judged.
    """
    try:
        at = _HEADER + _colours(data[10])
        while data[at] != _TRAILER:
            if data[at] == _EXTENSION:
                at += 2
            elif data[at] == _IMAGE:
                at += 11 + _colours(data[at + 9])
            else:
                return False
            while data[at]:  # blocks of so many bytes
                at += 1 + data[at]
            at += 1
    except IndexError:
        return True
    return False


def _colours(flags: int) -> int:
    """Return the size of the table of colours that follows, in bytes."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
