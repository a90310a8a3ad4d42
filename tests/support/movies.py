"""MP4 files whose index can be put anywhere and say anything; the media in them is noise.

Source: ISO/IEC 14496-12.
"""

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.hostile.boxes import box

TICKS = 1000  # in a second
PLAIN_EDIT = struct.pack(">IIiI", 1, 0, 0, 1 << 16)


@dataclass(frozen=True)
class Track:
    """A track: what it is, and what else its boxes say.

    Attributes:
        kind: `vide`, `soun` or another.
        ticks: that each sample lasts.
        edits: content of its edit list behind version and flags.
        reference: its data reference.
    """

    kind: bytes = b"vide"
    ticks: int = 40
    edits: bytes = b""
    reference: bytes = b"\0\0\0\x0curl \0\0\0\1"


TRACKS = (Track(), Track(b"soun", 20))
# Picture and sound of a second, ten times.
CHUNKS = tuple((number % 2, (700,) * 25 if number % 2 == 0 else (90,) * 50) for number in range(20))


@dataclass(frozen=True)
class Movie:
    """A file.

    Attributes:
        layout: its boxes in order: `ftyp`, `moov`, `free`, `mdat`, and `rest` for a second `mdat`.
        chunks: track and sample sizes of each chunk, as they lie in the file.
        long: whether places have 64 bits.
        away: is added to the places of all chunks.
        extra: more boxes in the index.
        before: bytes that `free` has.
    """

    layout: Sequence[str] = ("ftyp", "mdat", "moov")
    tracks: Sequence[Track] = TRACKS
    chunks: Sequence[tuple[int, Sequence[int]]] = CHUNKS
    long: bool = False
    away: int = 0
    extra: bytes = b""
    before: int = 100
    open_data: bool = False
    seed: int = field(default=1)

    def encode(self) -> bytes:
        """The file."""
        size = sum(sum(sizes) for _, sizes in self.chunks)
        data = random.Random(self.seed).randbytes(size)
        half = sum(sum(sizes) for _, sizes in self.chunks[: len(self.chunks) // 2])
        parts = {
            "ftyp": box(b"ftyp", b"isom\0\0\2\0isom"),
            "free": box(b"free", bytes(self.before)),
            "mdat": self._data(data[:half] if "rest" in self.layout else data),
            "rest": box(b"mdat", data[half:]),
            "moov": self._index([0] * len(self.chunks)),
        }
        places, at = {}, 0
        for name in self.layout:
            places[name] = at
            at += len(parts[name])
        starts, done = [], 0
        head = 16 if self.open_data else 8
        for _, sizes in self.chunks:
            second = "rest" in self.layout and done >= half
            start = places["rest"] + 8 - half if second else places["mdat"] + head
            starts.append(start + done + self.away)
            done += sum(sizes)
        parts["moov"] = self._index(starts)
        return b"".join(parts[name] for name in self.layout)

    def _data(self, data: bytes) -> bytes:
        if self.open_data:
            return struct.pack(">I4sQ", 1, b"mdat", 16 + len(data)) + data
        return box(b"mdat", data)

    def _index(self, starts: Sequence[int]) -> bytes:
        traks = [self._trak(number, starts) for number in range(len(self.tracks))]
        header = struct.pack(">12xII76xI", TICKS, 10 * TICKS, 3)
        return box(b"moov", box(b"mvhd", header), *traks, self.extra)

    def _trak(self, number: int, starts: Sequence[int]) -> bytes:
        track = self.tracks[number]
        own = [
            (start, sizes)
            for start, (owner, sizes) in zip(starts, self.chunks, strict=True)
            if owner == number
        ]
        samples = [size for _, sizes in own for size in sizes]
        runs = b"".join(struct.pack(">III", i + 1, len(s), 1) for i, (_, s) in enumerate(own))
        form = "Q" if self.long else "I"
        table = box(
            b"stbl",
            box(b"stsd", struct.pack(">II", 0, 0)),
            box(b"stts", struct.pack(">IIII", 0, 1, len(samples), track.ticks)),
            box(b"stsc", struct.pack(">II", 0, len(own)), runs),
            box(b"stsz", struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *samples)),
            box(
                b"co64" if self.long else b"stco",
                struct.pack(f">II{len(own)}{form}", 0, len(own), *(start for start, _ in own)),
            ),
        )
        media = box(
            b"mdia",
            box(b"mdhd", struct.pack(">12xIII", TICKS, len(samples) * track.ticks & 0xFFFFFFFF, 0)),
            box(b"hdlr", struct.pack(">8x4s13x", track.kind)),
            box(
                b"minf",
                box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), track.reference)),
                table,
            ),
        )
        edits = box(b"edts", box(b"elst", bytes(4), track.edits)) if track.edits else b""
        return box(b"trak", edits, media)
