"""Changes the clock of Matroska files: of a whole cluster, or of one block."""

import struct
from collections.abc import Iterator
from pathlib import Path

_SEGMENT, _CLUSTER, _TIME, _BLOCK = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3"
_UNKNOWN = 2**56 - 1


def move_cluster(path: Path, number: int, seconds: float) -> None:
    """Let everything in one cluster, counted from 0, be so much later."""
    data = bytearray(path.read_bytes())
    begin, end = list(_within(data, _SEGMENT, _CLUSTER))[number]
    at, until = next(each for kind, *each in _elements(data, begin, end) if kind == _TIME)
    time = int.from_bytes(data[at:until], "big") + round(seconds * 1000)
    data[at:until] = time.to_bytes(until - at, "big")  # no longer than it was
    path.write_bytes(data)


def move_block(path: Path, track: int, number: int, seconds: float) -> None:
    """Let one simple block of a track, both counted from 0, be so much later; at most 30 s."""
    data = bytearray(path.read_bytes())
    blocks = [
        at
        for begin, end in _within(data, _SEGMENT, _CLUSTER)
        for kind, at, _ in _elements(data, begin, end)
        if kind == _BLOCK and data[at] == 0x81 + track
    ]
    at = blocks[number] + 1
    (time,) = struct.unpack_from(">h", data, at)
    struct.pack_into(">h", data, at, time + round(seconds * 1000))
    path.write_bytes(data)


def _within(data: bytearray, outer: bytes, inner: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the bodies of elements begin and end that lie in one of the first level."""
    for kind, begin, end in _elements(data, 0, len(data)):
        if kind == outer:
            yield from ((at, to) for name, at, to in _elements(data, begin, end) if name == inner)


def _elements(data: bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the elements of a piece of a file: the id, where the body begins, and where it ends."""
    while at < end:
        name = _length(data[at])
        size = _length(data[at + name])
        begin = at + name + size
        value = int.from_bytes(data[at + name : begin], "big") & (1 << 7 * size) - 1
        until = end if value == _UNKNOWN else begin + value
        yield bytes(data[at : at + name]), begin, until
        at = until


def _length(first: int) -> int:
    """Return how many bytes a number has, by its first one."""
    return 9 - first.bit_length()
