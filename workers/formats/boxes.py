"""Reads the boxes of MP4 and QuickTime files; it trusts no value in them. Pure.

Source: ISO/IEC 14496-12, 4.2.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.formats.known import Doubt

_HEAD = 8
_LONG_HEAD = 16
_MOST_AT_TOP = 64
_MOST_INSIDE = 256


@dataclass(frozen=True, slots=True)
class Box:
    """A box: from `start` to before `end`, its content from `body` on, in bytes."""

    kind: bytes
    start: int
    body: int
    end: int


def top_level(
    size: int, need: Callable[[int, int], bytes], most: int = _MOST_AT_TOP
) -> Iterator[Box]:
    """Yield the boxes of a file of `size` bytes, which `need` returns from one place to another.

    Raises:
        Doubt: they do not fill the file, or there are more than `most`. And what `need` raises.
    """
    at, count = 0, 0
    while at < size:
        if count == most:
            raise Doubt("it has too many boxes")
        box = _box(need(at, min(at + _LONG_HEAD, size)), at, size, last_may_be_open=True)
        yield box
        at, count = box.end, count + 1


def inside(data: bytes, parent: Box) -> Iterator[Box]:
    """Yield the boxes in another; raises `Doubt`. All places are those in `data`."""
    at, count = parent.body, 0
    while at < parent.end:
        # QuickTime may end a list with four zero bytes.
        if parent.end - at < _HEAD and not any(data[at : parent.end]):
            return
        if count == _MOST_INSIDE:
            raise Doubt("a box has too many boxes in it")
        box = _box(data[at : at + _LONG_HEAD], at, parent.end)
        yield box
        at, count = box.end, count + 1


def only(data: bytes, parent: Box, *path: bytes) -> Box:
    """Return the one box of a kind in another, or along a path of kinds; raises `Doubt`."""
    for kind in path:
        found = perhaps(data, parent, kind)
        if found is None:
            raise Doubt(f"a box of type {kind.decode(errors='replace')} is missing")
        parent = found
    return parent


def perhaps(data: bytes, parent: Box, kind: bytes) -> Box | None:
    """Return the one box of a kind in another, or None; raises `Doubt` when there are more."""
    found = [box for box in inside(data, parent) if box.kind == kind]
    if len(found) > 1:
        raise Doubt(f"there is more than one box of type {kind.decode(errors='replace')}")
    return found[0] if found else None


def _box(head: bytes, start: int, limit: int, *, last_may_be_open: bool = False) -> Box:
    if len(head) < _HEAD:
        raise Doubt("it ends in the middle of a box")
    size, kind = struct.unpack_from(">I4s", head)
    length = _HEAD
    if size == 1:
        if len(head) < _LONG_HEAD:
            raise Doubt("it ends in the middle of a box")
        (size,), length = struct.unpack_from(">Q", head, _HEAD), _LONG_HEAD
    elif size == 0 and last_may_be_open:
        size = limit - start
    if size < length or start + size > limit:
        raise Doubt("a box is larger than its parent")
    return Box(kind, start, start + length, start + size)
