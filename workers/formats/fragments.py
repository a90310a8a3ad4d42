"""Fragmented MP4: how much there is to read in it. Pure.

FFmpeg passes over a fragment whose header it cannot read, or stops there, without a word.
Source: ISO/IEC 14496-12, 4.2 and 8.8.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

# Of 16 hours in pieces of half a second, there are as many.
_MOST_BOXES = 250_000
# Zeros at the end of a file that only fill it up.
_MOST_PADDING = 65_536
_HEAD = 16
_NUMBERED = 24  # the header of moof, then mfhd: its header, flags, the number


@dataclass(frozen=True, slots=True)
class Fragments:
    """What a fragmented MP4 holds.

    Attributes:
        media: bytes of picture and sound. Where the boxes come to an end before the file does, the
            rest counts: nobody can read it.
        in_order: whether each fragment has the number behind that of the one before.
    """

    media: int
    in_order: bool


def fragments(size: int, read: Callable[[int, int], bytes]) -> Fragments | None:
    """Return what the fragments of an MP4 hold; None if it has none, or too many boxes.

    Args:
        size: of the file, in bytes.
        read: returns the bytes from one place to another.
    """
    at = media = 0
    numbers: list[int] = []
    for _ in range(_MOST_BOXES):
        if at >= size:
            break
        head = read(at, min(at + _NUMBERED, size))
        kind, body, end = _box(head[:_HEAD], at, size)
        if kind == b"mdat":
            media += end - body
        elif not kind and (size - at > _MOST_PADDING or any(read(at, size))):
            media += end - at
        elif kind == b"moof":
            numbers.append(_number(head))
        at = end
    if at < size or not numbers:
        return None
    first = numbers[0]
    return Fragments(media, numbers == list(range(first, first + len(numbers))))


def _box(head: bytes, start: int, size: int) -> tuple[bytes, int, int]:
    """Return its kind, empty if it is no box; where its content begins; where it ends."""
    none = b"", start, size
    if len(head) < 8:
        return none
    length, kind = struct.unpack_from(">I4s", head)
    body = 8
    if length == 1 and len(head) == _HEAD:
        (length,), body = struct.unpack_from(">Q", head, 8), _HEAD
    elif length == 0 and kind == b"mdat":  # it goes on to the end of the file
        length = size - start
    # Data that was cut off counts as far as it is there.
    if length < body or (start + length > size and kind != b"mdat"):
        return none
    return kind, start + body, min(start + length, size)


def _number(head: bytes) -> int:
    if len(head) < _NUMBERED or head[12:16] != b"mfhd":
        return 0
    return int.from_bytes(head[20:24], "big")
