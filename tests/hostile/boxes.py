"""MP4 and QuickTime files written by hand, so that their tables can say anything.

Source: ISO/IEC 14496-12 (boxes, sample tables) and the QuickTime File Format Specification (the
`alis` data reference).
"""

import struct
from dataclasses import dataclass

FTYP = b"\0\0\0\x14ftypqt  \0\0\2\0qt  "
_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_IN_FILE = b"\0\0\0\x0curl \0\0\0\1"


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around parts."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def nested(kind: bytes, depth: int) -> bytes:
    """Boxes in boxes; the innermost is empty."""
    sizes = range(8 * depth, 0, -8)
    return b"".join(struct.pack(">I4s", size, kind) for size in sizes)


def huge(kind: bytes, size: int) -> bytes:
    """The head of a box of any size below 2^64, with nothing in it."""
    return struct.pack(">I4sQ", 1, kind, size)


@dataclass(frozen=True)
class Film:
    """A film of one picture, a JPEG, shown over and over.

    Attributes:
        picture: the JPEG.
        side: its width and height in pixels.
        count: how often it is shown.
        ticks: how long each time.
        clock: ticks a second.
        reference: the box that says where the pictures are; this file unless told.
        first: the box that the file begins with.
    """

    picture: bytes
    side: int = 64
    count: int = 25
    ticks: int = 24
    clock: int = 600
    reference: bytes = _IN_FILE
    first: bytes = FTYP

    def encode(self) -> bytes:
        """The file: every chunk of the sample table is the same hundred pictures."""
        per_chunk = min(self.count, 100)
        chunks = -(-self.count // per_chunk)
        data = box(b"mdat", self.picture * per_chunk)
        table = self._table(per_chunk, chunks, len(self.first) + 8)
        length = struct.pack(">II", self.clock, self.count * self.ticks)
        media = box(
            b"mdia",
            box(b"mdhd", bytes(12), length, bytes(4)),
            box(b"hdlr", bytes(8), b"vide", bytes(13)),
            box(b"minf", box(b"vmhd", b"\0\0\0\1", bytes(8)), self._data(), table),
        )
        header = box(b"mvhd", bytes(12), length, struct.pack(">IH10x", 1 << 16, 256), _MATRIX,
                     bytes(24), struct.pack(">I", 2))  # fmt: skip
        track = box(b"tkhd", struct.pack(">I8xI4xI", 3, 1, self.count * self.ticks), bytes(16),
                    _MATRIX, struct.pack(">II", self.side << 16, self.side << 16))  # fmt: skip
        return self.first + data + box(b"moov", header, box(b"trak", track, media))

    def _data(self) -> bytes:
        return box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), self.reference))

    def _table(self, per_chunk: int, chunks: int, offset: int) -> bytes:
        entry = box(
            b"jpeg", struct.pack(">6xH16xHHII4xH", 1, self.side, self.side, 72 << 16, 72 << 16, 1),
            bytes(32), struct.pack(">Hh", 24, -1),
        )  # fmt: skip
        return box(
            b"stbl",
            box(b"stsd", struct.pack(">II", 0, 1), entry),
            box(b"stts", struct.pack(">IIII", 0, 1, self.count, self.ticks)),
            box(b"stsc", struct.pack(">IIIII", 0, 1, 1, per_chunk, 1)),
            box(b"stsz", struct.pack(">III", 0, len(self.picture), self.count)),
            box(b"stco", struct.pack(">II", 0, chunks), struct.pack(">I", offset) * chunks),
        )


def url_reference(address: str) -> bytes:
    """A data reference to an address."""
    return box(b"url ", bytes(4), address.encode() + b"\0")


def alias_reference(path: str, up: int = 1) -> bytes:
    """A data reference to a file, as QuickTime on a Mac wrote it.

    Args:
        path: absolute.
        up: how many folders above this file the two have one in common, 1 when they share theirs.
    """
    name = path.rpartition("/")[2].encode()
    called = bytes([len(name)]) + name
    head = struct.pack(">10x28s12x64s16xhh16x", b"\4disk", called, up, 1)
    named = struct.pack(">hH", 2, len(path)) + path.encode() + b"\0" * (len(path) % 2)
    return box(b"alis", bytes(4), head, named, struct.pack(">hH", -1, 0))
