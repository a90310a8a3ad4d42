"""Writes edit lists into MP4 and QuickTime files whose index comes last.

Source: ISO/IEC 14496-12, 8.6.6; QuickTime File Format, "Edit Atoms".
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.hostile.boxes import box

PICTURE, SOUND = b"vide", b"soun"
_PARENTS = (b"moov", b"trak", b"mdia")


class Edit(NamedTuple):
    """A part of a track: so many seconds of the film, from a tick of the media on.

    Attributes:
        since: None if nothing is shown or heard.
        rate: how many times faster than it was recorded; 0 if one picture stands.
    """

    seconds: float
    since: int | None
    rate: float = 1.0


def write_edits(path: Path, track: bytes, *edits: Edit, scale: int | None = None) -> None:
    """Give the one track of a kind another edit list; `scale` is the ticks of a film's second."""
    data = bytearray(path.read_bytes())
    if scale is not None:
        _rescale(data, scale)
    (header,) = (at for kind, at, _, _ in _boxes(data) if kind == b"mvhd")
    (ticks,) = struct.unpack_from(">I", data, header + 20)
    rows = b"".join(
        struct.pack(
            ">Iii",
            round(each.seconds * ticks),
            -1 if each.since is None else each.since,
            round(each.rate * 0x10000),
        )
        for each in edits
    )
    made = box(b"edts", box(b"elst", struct.pack(">II", 0, len(edits)), rows))
    start, end, parents = _place(data, track)
    data[start:end] = made
    for at in parents:
        (size,) = struct.unpack_from(">I", data, at)
        struct.pack_into(">I", data, at, size + len(made) - (end - start))
    path.write_bytes(data)


def _place(data: bytes | bytearray, track: bytes) -> tuple[int, int, tuple[int, int]]:
    """Return where the edit list of a track is or belongs, and where the boxes around it begin."""
    moov = trak = 0
    place = (0, 0)
    for kind, at, _, end in _boxes(data):
        if kind == b"moov":
            moov = at
        elif kind == b"trak":
            trak = at
        elif kind == b"tkhd":
            place = (end, end)
        elif kind == b"edts":
            place = (at, end)
        elif kind == b"hdlr" and data[at + 16 : at + 20] == track:
            return *place, (moov, trak)
    raise ValueError(f"no track of the kind {track!r}")


def _rescale(data: bytearray, scale: int) -> None:
    """Count the time of the film in other ticks."""
    (header,) = (at for kind, at, _, _ in _boxes(data) if kind == b"mvhd")
    (before,) = struct.unpack_from(">I", data, header + 20)
    struct.pack_into(">I", data, header + 20, scale)
    places = [header + 24]
    for kind, at, _, end in _boxes(data):
        if kind == b"tkhd":
            places.append(at + 28)
        elif kind == b"edts":
            places += range(at + 24, end, 12)
    for at in places:
        (ticks,) = struct.unpack_from(">I", data, at)
        struct.pack_into(">I", data, at, round(ticks * scale / before))


def _boxes(
    data: bytes | bytearray, at: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield kind, start, content and end of all boxes of an index, the outer ones first."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + 8, at + size
        if kind in _PARENTS:
            yield from _boxes(data, at + 8, at + size)
        at += size
