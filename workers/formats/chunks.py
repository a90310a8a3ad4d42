"""Where the samples of an MP4 are in the file, and when they are decoded. Pure.

The index comes from an unknown file: all its values are checked. Its tables are kept as they are in
the file: as Python's objects, they would take twenty times as much memory.

Source: ISO/IEC 14496-12, 8.4 to 8.7.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise, repeat, starmap, tee
from operator import add, mul
from typing import Any, NamedTuple

from workers.formats.boxes import Box, inside, only, perhaps
from workers.formats.known import Doubt

_MOST_TRACKS = 64
_MOST_CHUNKS = 1_000_000
_MOST_EDITS = 8
_PLAYED = (b"vide", b"soun")
_AT_ITS_RATE = 0x00010000
_HERE = 1  # flag of a data reference: in this file


class Chunk(NamedTuple):
    """Samples of one track that lie together, in bytes of the file and in seconds of decoding."""

    start: int
    end: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Track:
    """A track.

    Attributes:
        played: whether it is picture or sound.
        shift: seconds by which its edit list moves it.
        scale: ticks in a second.
        starts: where each chunk is in the file.
        counts: as `stsc` has it: first chunk, how many samples it and those behind it have, and one
            more number.
        sizes: of all samples, or of each, in bytes.
        times: as `stts` has it: how many samples, and how many ticks each of them lasts.
    """

    played: bool
    shift: float
    scale: int
    starts: "array[int]"
    counts: "array[int]"
    sizes: "int | array[int]"
    times: "array[int]"

    def chunks(self) -> Iterator[Chunk]:
        """Return the chunks in the order of time.

        There may be a million of them, and people wait: what can be done in C is.
        """
        begins, ends = tee(map(self.seconds, self.chunk_ticks()))
        starts, sizes = self.starts, self.chunk_sizes()
        rows = zip(starts, map(add, starts, sizes), begins, islice(ends, 1, None), strict=False)
        return starmap(Chunk, rows)

    def chunk_sizes(self) -> Iterator[int]:
        """Return the size of each chunk, in bytes."""
        if isinstance(self.sizes, int):
            return map(mul, self._counts(), repeat(self.sizes))
        if len(self.sizes) == len(self.starts) and max(self.counts[1::3], default=0) == 1:
            return iter(self.sizes)  # each has one sample
        first, last = tee(accumulate(self._counts(), initial=0))
        slices = map(slice, first, islice(last, 1, None))
        return map(sum, map(self.sizes.__getitem__, slices))

    def seconds(self, ticks: int) -> float:
        """Return when something is to be decoded, in seconds from the beginning of the file."""
        return self.shift + ticks / self.scale

    def chunk_ticks(self) -> Iterator[int]:
        """Yield when each chunk begins, and when the last one ends."""
        if len(self.times) == 2:
            each = self.times[1]
            yield from map(mul, accumulate(self._counts(), initial=0), repeat(each))
            return
        times = iter(self.times)
        runs = zip(times, times, strict=True)
        now = left = tick = 0
        yield now
        for count in self._counts():
            wanted = count
            while wanted > left:
                now += left * tick
                wanted -= left
                left, tick = next(runs)
            now += wanted * tick
            left -= wanted
            yield now

    def _counts(self) -> Iterator[int]:
        for first, end, each in _runs_of_chunks(self.counts, len(self.starts)):
            yield from repeat(each, end - first)

    def size(self, at: int, count: int) -> int:
        """Return the size of samples from one on, which counts from 0, in bytes."""
        if isinstance(self.sizes, int):
            return count * self.sizes
        return sum(self.sizes[at : at + count])


def read_tracks(index: bytes, moov: Box) -> list[Track]:
    """Read the tracks of an index, in which the box is at `moov`; raises `Doubt`."""
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
    tracks = [_track(index, trak, scale) for trak in traks]
    if sum(len(track.starts) for track in tracks) > _MOST_CHUNKS:
        raise Doubt("the index is too long")
    return tracks


def offset_tables(index: bytes, moov: Box) -> Iterator[tuple[int, int, str]]:
    """Yield where the places of chunks are written: first byte, how many, and their type."""
    for trak in inside(index, moov):
        if trak.kind == b"trak":
            stbl = only(index, trak, b"mdia", b"minf", b"stbl")
            yield _offsets(index, stbl)


def numbers(index: bytes, at: int, count: int, code: str) -> "array[int]":
    """Return big-endian numbers of a type: `I` has 4 bytes, `Q` has 8."""
    found = array(code)
    found.frombytes(memoryview(index)[at : at + count * found.itemsize])
    return _turned(found)


def big_endian(values: "array[int]") -> bytes:
    """Return the bytes of which `numbers` makes these; changes them."""
    return _turned(values).tobytes()


def _turned(values: "array[int]") -> "array[int]":
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _track(index: bytes, trak: Box, movie_scale: int) -> Track:
    media = only(index, trak, b"mdia")
    scale, _ = _scale_and_duration(index, only(index, media, b"mdhd"))
    kind = take(index, only(index, media, b"hdlr"), 8, "4s")[0]
    shift = _shift(index, trak, movie_scale, scale)
    minf = only(index, media, b"minf")
    _see_that_it_is_here(index, minf)
    stbl = only(index, minf, b"stbl")
    if perhaps(index, stbl, b"saio") is not None:
        raise Doubt("it has auxiliary data outside the chunks")
    starts = numbers(index, *_offsets(index, stbl))
    samples, sizes = _sizes(index, stbl)
    counts = _counts(index, stbl, len(starts), samples)
    return Track(kind in _PLAYED, shift, scale, starts, counts, sizes, _times(index, stbl, samples))


def take(index: bytes, box: Box, at: int, form: str) -> tuple[Any, ...]:
    """Read values in a box, `at` bytes behind its head."""
    if box.body + at + struct.calcsize(">" + form) > box.end:
        raise Doubt("a box is too short")
    return struct.unpack_from(">" + form, index, box.body + at)


def _scale_and_duration(index: bytes, header: Box) -> tuple[int, int]:
    """Return how many ticks a second has, and how many the whole."""
    long = index[header.body : header.body + 1] == b"\1"
    scale, duration = take(index, header, 20 if long else 12, "IQ" if long else "II")
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
    (count,) = take(index, table, 4, "I")
    form = "QqI" if long else "IiI"
    width = struct.calcsize(">" + form)
    if count > _MOST_EDITS:
        raise Doubt("the edit list is not simple")
    late = 0.0
    entries = [take(index, table, 8 + number * width, form) for number in range(count)]
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
    (count,) = take(index, table, 4, "I")
    entries = list(inside(index, Box(table.kind, table.start, table.body + 8, table.end)))
    flags = [take(index, entry, 0, "I")[0] & 0xFFFFFF for entry in entries]
    if len(entries) != count or any(flag != _HERE for flag in flags):
        raise Doubt("it refers to another file")


def table_of(index: bytes, stbl: Box, kind: bytes, width: int) -> tuple[int, int]:
    """Return where the entries of a table begin, and how many there are."""
    box = only(index, stbl, kind)
    (count,) = take(index, box, 4, "I")
    if box.body + 8 + count * width > box.end:
        raise Doubt("a table is incomplete")
    return box.body + 8, count


def _offsets(index: bytes, stbl: Box) -> tuple[int, int, str]:
    if perhaps(index, stbl, b"co64") is not None:
        if perhaps(index, stbl, b"stco") is not None:
            raise Doubt("a track has two tables of chunk offsets")
        return (*table_of(index, stbl, b"co64", 8), "Q")
    return (*table_of(index, stbl, b"stco", 4), "I")


def _sizes(index: bytes, stbl: Box) -> tuple[int, "int | array[int]"]:
    """Return how many samples there are; and their size, or all their sizes, in bytes."""
    box = only(index, stbl, b"stsz")
    same, count = take(index, box, 4, "II")
    if same:
        return count, same
    if box.body + 12 + 4 * count > box.end:
        raise Doubt("a table is incomplete")
    return count, numbers(index, box.body + 12, count, "I")


def _counts(index: bytes, stbl: Box, chunks: int, samples: int) -> "array[int]":
    """Return the table of how many samples each chunk has."""
    at, count = table_of(index, stbl, b"stsc", 12)
    values = numbers(index, at, 3 * count, "I")
    firsts = values[0::3]
    if count and (firsts[0] != 1 or any(b <= a for a, b in pairwise(firsts))):
        raise Doubt("the table of chunks is not in order")
    if count and firsts[-1] > chunks + 1:
        raise Doubt("a table names chunks that do not exist")
    found = sum((end - first) * each for first, end, each in _runs_of_chunks(values, chunks))
    if found != samples or (chunks and not count):
        raise Doubt("the tables disagree about the number of samples")
    return values


def _runs_of_chunks(counts: "array[int]", chunks: int) -> Iterator[tuple[int, int, int]]:
    """Yield the first chunk of a run, the one behind it, and how many samples each has."""
    firsts = counts[0::3]
    ends = firsts[1:]
    if firsts:
        ends.append(chunks + 1)
    return zip(firsts, ends, counts[1::3], strict=True)


def _times(index: bytes, stbl: Box, samples: int) -> "array[int]":
    """Return the table of how long the samples last."""
    at, count = table_of(index, stbl, b"stts", 8)
    values = numbers(index, at, 2 * count, "I")
    if sum(values[0::2]) != samples or max(values[1::2], default=0) >> 31:
        raise Doubt("the table of times does not fit the samples")
    return values
