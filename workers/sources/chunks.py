"""Where the samples of an MP4 are in the file, and when they are decoded. Pure.

The index comes from an unknown file: all its values are checked, and only a limited amount is read.

Source: ISO/IEC 14496-12, 8.4 to 8.7.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from workers.sources.boxes import Box, inside, only, perhaps
from workers.sources.known import Doubt

_MOST_TRACKS = 64
_MOST_CHUNKS = 1_000_000
_MOST_SAMPLES = 4_000_000
_MOST_EDITS = 8
_PLAYED = (b"vide", b"soun")
_AT_ITS_RATE = 0x00010000
_HERE = 1  # flag of a data reference: in this file


class Chunk(NamedTuple):
    """Samples of one track that lie together.

    Attributes:
        start: its first byte in the file.
        end: behind its last byte.
        begins: when its first sample is decoded, in seconds.
        ends: when the first sample behind it is decoded.
    """

    start: int
    end: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Track:
    """A track: whether it is picture or sound, and its chunks in the order of time."""

    played: bool
    chunks: list[Chunk]


class _Budget:
    """Counts what is read of all tracks together."""

    def __init__(self) -> None:
        self._chunks, self._samples = _MOST_CHUNKS, _MOST_SAMPLES

    def take(self, chunks: int, samples: int) -> None:
        self._chunks -= chunks
        self._samples -= samples
        if self._chunks < 0 or self._samples < 0:
            raise Doubt("the index is too long")


def read_tracks(index: bytes, moov: Box) -> list[Track]:
    """Read the tracks of an index.

    Args:
        index: the box `moov`.
        moov: where it is in that.

    Raises:
        Doubt: something in it is not plain.
    """
    kinds = [box.kind for box in inside(index, moov)]
    if b"mvex" in kinds:
        raise Doubt("it is a fragmented MP4")
    header = only(index, moov, b"mvhd")
    scale, duration = _scale_and_duration(index, header)
    if not duration:
        raise Doubt("the duration is missing")
    traks = [box for box in inside(index, moov) if box.kind == b"trak"]
    if len(traks) > _MOST_TRACKS:
        raise Doubt("it has too many tracks")
    budget = _Budget()
    return [_track(index, trak, scale, budget) for trak in traks]


def offset_tables(index: bytes, moov: Box) -> Iterator[tuple[int, int, str]]:
    """Yield where the places of chunks are written: first byte, how many, and their type."""
    for trak in inside(index, moov):
        if trak.kind == b"trak":
            stbl = only(index, trak, b"mdia", b"minf", b"stbl")
            yield _offsets(index, stbl)


def numbers(index: bytes, at: int, count: int, code: str) -> "array[int]":
    """Return big-endian numbers of a type: `I` has 4 bytes, `Q` has 8."""
    found = array(code)
    found.frombytes(index[at : at + count * found.itemsize])
    return _turned(found)


def big_endian(values: "array[int]") -> bytes:
    """Return the bytes of which `numbers` makes these; changes them."""
    return _turned(values).tobytes()


def _turned(values: "array[int]") -> "array[int]":
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _track(index: bytes, trak: Box, movie_scale: int, budget: _Budget) -> Track:
    media = only(index, trak, b"mdia")
    scale, _ = _scale_and_duration(index, only(index, media, b"mdhd"))
    kind = _take(index, only(index, media, b"hdlr"), 8, "4s")[0]
    shift = _shift(index, trak, movie_scale, scale)
    minf = only(index, media, b"minf")
    _see_that_it_is_here(index, minf)
    stbl = only(index, minf, b"stbl")
    if perhaps(index, stbl, b"saio") is not None:
        raise Doubt("it has auxiliary data outside the chunks")
    at, count, code = _offsets(index, stbl)
    samples, sizes = _sizes(index, stbl)
    budget.take(count, samples)
    starts = numbers(index, at, count, code)
    lengths = _samples_of_chunks(index, stbl, count, samples)
    times = _times(index, stbl, lengths, samples)
    return Track(
        kind in _PLAYED,
        [
            Chunk(start, start + size, shift + begins / scale, shift + ends / scale)
            for start, size, (begins, ends) in zip(
                starts, _chunk_sizes(lengths, sizes), pairwise(times), strict=True
            )
        ],
    )


def _take(index: bytes, box: Box, at: int, form: str) -> tuple[int | bytes, ...]:
    """Read values in a box, `at` bytes behind its head."""
    if box.body + at + struct.calcsize(">" + form) > box.end:
        raise Doubt("a box is too short")
    return struct.unpack_from(">" + form, index, box.body + at)


def _integers(index: bytes, box: Box, at: int, form: str) -> tuple[int, ...]:
    return tuple(int(value) for value in _take(index, box, at, form))


def _scale_and_duration(index: bytes, header: Box) -> tuple[int, int]:
    """Return how many ticks a second has, and how many the whole."""
    long = index[header.body : header.body + 1] == b"\1"
    scale, duration = _integers(index, header, 20 if long else 12, "IQ" if long else "II")
    if not scale:
        raise Doubt("the time scale is 0")
    return scale, duration


def _shift(index: bytes, trak: Box, movie_scale: int, scale: int) -> float:
    """Return by how many seconds an edit list moves a track; more than that it may not do."""
    edits = perhaps(index, trak, b"edts")
    table = perhaps(index, edits, b"elst") if edits is not None else None
    if table is None:
        return 0.0
    long = index[table.body : table.body + 1] == b"\1"
    (count,) = _integers(index, table, 4, "I")
    form = "QqI" if long else "IiI"
    width = struct.calcsize(">" + form)
    if count > _MOST_EDITS:
        raise Doubt("the edit list is not simple")
    late = 0.0
    entries = [_integers(index, table, 8 + number * width, form) for number in range(count)]
    for number, (duration, media_time, rate) in enumerate(entries):
        if media_time == -1 and number + 1 < count:
            late += duration / movie_scale
        elif media_time < 0 or rate != _AT_ITS_RATE or number + 1 < count:
            raise Doubt("the edit list is not simple")
        else:
            late -= media_time / scale
    return late


def _see_that_it_is_here(index: bytes, minf: Box) -> None:
    dinf = perhaps(index, minf, b"dinf")
    if dinf is None:
        return
    table = only(index, dinf, b"dref")
    (count,) = _integers(index, table, 4, "I")
    entries = list(inside(index, Box(table.kind, table.start, table.body + 8, table.end)))
    flags = [_integers(index, entry, 0, "I")[0] & 0xFFFFFF for entry in entries]
    if len(entries) != count or any(flag != _HERE for flag in flags):
        raise Doubt("it refers to another file")


def _table(index: bytes, stbl: Box, kind: bytes, width: int) -> tuple[int, int]:
    """Return where the entries of a table begin, and how many there are."""
    box = only(index, stbl, kind)
    (count,) = _integers(index, box, 4, "I")
    if box.body + 8 + count * width > box.end:
        raise Doubt("a table is incomplete")
    return box.body + 8, count


def _offsets(index: bytes, stbl: Box) -> tuple[int, int, str]:
    if perhaps(index, stbl, b"co64") is not None:
        if perhaps(index, stbl, b"stco") is not None:
            raise Doubt("a track has two tables of chunk offsets")
        return (*_table(index, stbl, b"co64", 8), "Q")
    return (*_table(index, stbl, b"stco", 4), "I")


def _sizes(index: bytes, stbl: Box) -> tuple[int, "int | array[int]"]:
    """Return how many samples there are; and their size, or all their sizes, in bytes."""
    box = only(index, stbl, b"stsz")
    same, count = _integers(index, box, 4, "II")
    if same:
        return count, same
    if count > _MOST_SAMPLES or box.body + 12 + 4 * count > box.end:
        raise Doubt("a table is incomplete")
    return count, numbers(index, box.body + 12, count, "I")


def _samples_of_chunks(index: bytes, stbl: Box, chunks: int, samples: int) -> list[int]:
    """Return how many samples each chunk has."""
    at, count = _table(index, stbl, b"stsc", 12)
    values = numbers(index, at, 3 * count, "I")
    firsts = values[0::3].tolist()
    if count and (firsts[0] != 1 or any(b <= a for a, b in pairwise(firsts))):
        raise Doubt("the table of chunks is not in order")
    found: list[int] = []
    ends = [*firsts, chunks + 1][1:]
    for first, end, each in zip(firsts, ends, values[1::3], strict=True):
        if end > chunks + 1 or end < first:
            raise Doubt("a table names chunks that do not exist")
        found += [each] * (end - first)
    if len(found) != chunks or sum(found) != samples:
        raise Doubt("the tables disagree about the number of samples")
    return found


def _times(index: bytes, stbl: Box, lengths: list[int], samples: int) -> list[int]:
    """Return when each chunk begins, and when the last ends, in ticks."""
    at, count = _table(index, stbl, b"stts", 8)
    values = numbers(index, at, 2 * count, "I")
    runs = list(zip(values[0::2], values[1::2], strict=True))
    if sum(number for number, _ in runs) != samples or any(each >> 31 for _, each in runs):
        raise Doubt("the table of times does not fit the samples")
    found = [0]
    left, tick, now = 0, 0, 0
    run = iter(runs)
    for length in lengths:
        wanted = length
        while wanted > left:
            now += left * tick
            wanted -= left
            left, tick = next(run)
        now += wanted * tick
        left -= wanted
        found.append(now)
    return found


def _chunk_sizes(lengths: list[int], sizes: "int | array[int]") -> Iterator[int]:
    if isinstance(sizes, int):
        yield from (length * sizes for length in lengths)
        return
    ends = [0, *accumulate(sizes)]
    at = 0
    for length in lengths:
        yield ends[at + length] - ends[at]
        at += length
