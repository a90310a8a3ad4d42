"""Raw DV: whether its blocks are where they should be. Pure.

It is a row of blocks of equal length and nothing else. FFmpeg counts them off and reads no numbers:
behind a missing piece it shows every picture shifted, without a word.
Source: IEC 61834-2, DIF sequences; SMPTE 314M, 4.
"""

from collections.abc import Callable

_SEQUENCE = 12_000  # bytes: 150 blocks of 80, of which the first is a header
_LINES_525, _LINES_625 = 10, 12  # sequences of a picture
_HEAD = 4


def misplaced(size: int, read: Callable[[int, int], bytes]) -> float:
    """Return the part of the sequences of a raw DV file that do not begin where they should.

    0 if the file does not begin with one: then nothing can be said.

    Args:
        size: of the file, in bytes.
        read: returns the bytes from one place to another.
    """
    heads = (read(at, at + _HEAD) for at in range(0, size - _HEAD, _SEQUENCE))
    first = next(heads, b"")
    if not _begins(first, 0):
        return 0.0
    count = _LINES_625 if first[3] & 0x80 else _LINES_525
    right = [_begins(head, place % count) for place, head in enumerate(heads, 1)]
    return right.count(False) / (len(right) + 1)


def _begins(head: bytes, number: int) -> bool:
    """Whether a block is a header section, the first block, of the sequence of that number.

    The type of a header is 0, and the bit behind it is set.
    """
    return len(head) == _HEAD and head[0] >> 4 == 1 and head[1] >> 4 == number and head[2] == 0
