"""Finds the end of a JPEG picture.

Phones put a film behind it (motion photo), or a second picture (gain map, preview): FFmpeg then
takes the file for no picture. Where one ends: ITU-T T.81, B.1.1.2 and B.1.1.5.
"""

import mmap
import re
from pathlib import Path

_START, _SCAN, _END = 0xD8, 0xDA, 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # headers of a picture (table B.1)
# No picture that is taken is larger; what lies behind may be.
_MOST_BYTES = 256 * 1024**2
_MOST_SEGMENTS = 10_000
_FILL = re.compile(rb"\xff+")
# In a scan 0xFF is followed by 0, or by a restart marker.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def end_of_picture(data: bytes | mmap.mmap) -> int | None:
    """Return where the bytes behind the first JPEG begin; None if it is none, or has no end."""
    return _walked(data)[0]


def is_cut(data: bytes | mmap.mmap) -> bool:
    """Whether a JPEG has begun to show its picture, and does not end."""
    end, scanned = _walked(data)
    return end is None and scanned


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG in pixels; None if it is none, or is cut (B.2.2)."""
    at, size = 2, None
    while (head := data[at : at + 9])[:1] == b"\xff" and len(head) == 9:
        if head[1] in _FRAMES:
            size = int.from_bytes(head[7:9]), int.from_bytes(head[5:7])
            break
        at += 2 + int.from_bytes(head[2:4])
    return size if end_of_picture(data) is not None else None


def _walked(data: bytes | mmap.mmap) -> tuple[int | None, bool]:
    """Return where a picture ends, and whether its scan has begun."""
    if data[:3] != bytes([0xFF, _START, 0xFF]):
        return None, False
    at, scanned = 2, False
    for _ in range(_MOST_SEGMENTS):
        if (fill := _FILL.match(data, at)) is not None:
            at = fill.end() - 1
        head = data[at : at + 4]
        if len(head) < 2 or head[0] != 0xFF:
            break
        if head[1] == _END:
            return at + 2, True
        if len(head) < 4:
            break
        at += 2 + int.from_bytes(head[2:4])
        if head[1] == _SCAN:
            scanned = True
            following = _AFTER_SCAN.search(data, at)
            if following is None:
                break
            at = following.start()
    return None, scanned


def keep_first(file: Path) -> bool:
    """Cut off what lies behind a JPEG picture; return whether there was something."""
    size = file.stat().st_size
    if size == 0:
        return False
    with file.open("r+b") as opened:
        looked_at = min(size, _MOST_BYTES)
        with mmap.mmap(opened.fileno(), looked_at, access=mmap.ACCESS_READ) as data:
            end = end_of_picture(data)
        if end is None or end == size:
            return False
        opened.truncate(end)
    return True
