"""MP4 and QuickTime: does an edit list ask for another speed? Pure.

FFmpeg plays all parts at the speed at which they were recorded, without a word.
Sources: ISO/IEC 14496-12, 8.6.6; QuickTime File Format, "Edit Atoms".
"""

import struct
from collections.abc import Callable, Iterator

# Returns the bytes of a file from one place to another, as far as it has them.
Read = Callable[[int, int], bytes]

_MOST_BOXES = 4096  # that are looked at in a file
_MOST_EDITS = 10_000
_NORMAL = frozenset({0x00010000, 0x00000001})  # the second is written by mistake
_STANDS = 0
_PLAYED = frozenset({b"vide", b"soun"})


def changes_speed(size: int, read: Read) -> bool:
    """Whether a part of picture or sound should be faster, slower, or one picture that stands.

    `size` is that of the file, in bytes.
    """
    boxes = _Boxes(read)
    for moov in boxes.within(0, size, b"moov"):
        for trak in boxes.within(*moov, b"trak"):
            for edts in boxes.within(*trak, b"edts"):
                for table in boxes.within(*edts, b"elst"):
                    if _odd(read(*_table(table))) and _is_played(boxes, trak):
                        return True
    return False


class _Boxes:
    """Goes through the boxes of a file, as long as they make sense and are not too many."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._left = _MOST_BOXES  # for all levels together: each box takes two calls of the system

    def within(self, at: int, end: int, kind: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the contents of boxes of a kind begin and end."""
        while self._left > 0:
            self._left -= 1
            head = self.read(at, min(at + 16, end))
            if len(head) < 8:
                return
            length, body = int.from_bytes(head[:4]), 8
            if length == 1:
                length, body = int.from_bytes(head[8:16]), 16
            if length < body or at + length > end:
                return
            if head[4:8] == kind:
                yield at + body, at + length
            at += length


def _odd(table: bytes) -> bool:
    """Whether an edit list has a rate that is not the normal one."""
    if len(table) < 8:
        return False
    form = struct.Struct(">QqI" if table[0] == 1 else ">IiI")
    whole = (len(table) - 8) // form.size
    count = min(int.from_bytes(table[4:8]), whole)
    edits = form.iter_unpack(table[8 : 8 + count * form.size])
    rates = [rate for _, since, rate in edits if since >= 0]
    # A single edit in which all stands is a mistake of what wrote it.
    return any(rate not in _NORMAL and (rate != _STANDS or count > 1) for rate in rates)


def _table(place: tuple[int, int]) -> tuple[int, int]:
    start, end = place
    return start, min(end, start + 8 + 20 * _MOST_EDITS)


def _is_played(boxes: _Boxes, trak: tuple[int, int]) -> bool:
    return any(
        boxes.read(start + 8, start + 12) in _PLAYED
        for mdia in boxes.within(*trak, b"mdia")
        for start, _ in boxes.within(*mdia, b"hdlr")
    )
