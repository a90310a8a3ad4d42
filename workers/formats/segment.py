"""Reads CMAF headers and segments as FFmpeg writes them. Pure.

Source: ISO/IEC 14496-12, 8.8 (fragments).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from workers.formats.boxes import Box, inside, only, top_level
from workers.formats.codec_names import codec_name
from workers.formats.h264 import avcc_of
from workers.formats.known import Doubt

_NO_SYNC = 1 << 16  # of the flags of a sample


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a track tells: ticks per second, and codecs as RFC 6381 has them.

    Of pictures `avcc` is their configuration.
    """

    time_scale: int
    codecs: str
    avcc: bytes = b""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: ticks, the number of its samples, and whether it begins with a keyframe."""

    start: int
    duration: int
    samples: int
    keyframe: bool


def read_header(data: bytes) -> Header:
    """Read the header of a track; raises `Doubt` when its codec is none of ours."""
    moov = next((box for box in _boxes(data) if box.kind == b"moov"), None)
    if moov is None:
        raise Doubt("the header of the track is missing")
    mdia = only(data, moov, b"trak", b"mdia")
    time_scale = _time_scale(data, mdia)
    stsd = only(data, mdia, b"minf", b"stbl", b"stsd")
    entry = next(inside(data, Box(stsd.kind, stsd.start, stsd.body + 8, stsd.end)))
    avcc = avcc_of(data, entry) if entry.kind == b"avc1" else b""
    return Header(time_scale, codec_name(data, entry), avcc)


def read_segment(data: bytes) -> Segment | None:
    """Read the beginning of a segment, up to its samples; None while it is not whole.

    Raises:
        Doubt: it is none as FFmpeg writes them, with one fragment.
    """
    moof = None
    try:
        for box in _boxes(data):
            if box.kind == b"moof":
                moof = box
            elif box.kind == b"mdat" and moof is not None:
                return _segment(data, moof)
    except Doubt:
        return None
    return None


def moved_on(data: bytes, number: int, ticks: int) -> bytes:
    """Return a segment as it is where others come before: `number` of them, of so many `ticks`.

    Raises:
        Doubt: it is none as FFmpeg writes them.
    """
    moof = next((box for box in _boxes(data) if box.kind == b"moof"), None)
    if moof is None:
        raise Doubt("the segment is not whole")
    mfhd = only(data, moof, b"mfhd").body + 4
    tfdt = only(data, moof, b"traf", b"tfdt").body
    if not data[tfdt]:
        raise Doubt("the time of the segment has four bytes")
    moved = bytearray(data)
    (before,) = struct.unpack_from(">I", data, mfhd)
    (start,) = struct.unpack_from(">Q", data, tfdt + 4)
    struct.pack_into(">I", moved, mfhd, before + number)
    struct.pack_into(">Q", moved, tfdt + 4, start + ticks)
    return bytes(moved)


def samples_of(data: bytes) -> tuple[int, list[int]]:
    """Return where the samples of a whole segment begin, and how large each is, in bytes.

    Raises:
        Doubt: they do not fill it, or one is shown before the first.
    """
    boxes = {box.kind: box for box in _boxes(data)}
    moof, mdat = boxes.get(b"moof"), boxes.get(b"mdat")
    if moof is None or mdat is None:
        raise Doubt("the segment is not whole")
    samples = _samples(data, moof)
    if sum(size for size, _, _ in samples) != mdat.end - mdat.body:
        raise Doubt("the samples do not fill the segment")
    now = 0
    for _, duration, delay in samples:
        if now + delay < 0:
            raise Doubt("a picture is shown before the first of its segment")
        now += duration
    return mdat.body, [size for size, _, _ in samples]


def _time_scale(data: bytes, mdia: Box) -> int:
    mdhd = only(data, mdia, b"mdhd").body
    (found,) = struct.unpack_from(">I", data, mdhd + (20 if data[mdhd] else 12))
    return int(found)


def timed_samples(data: bytes) -> Iterator[tuple[float, bytes]]:
    """Yield each sample of a fragmented file with one track, and when it is shown, in seconds.

    A file that breaks off, or goes on otherwise than FFmpeg writes it, is read up to there.
    """
    moof, scale = None, 0
    try:
        # Each box has bytes of its own: there are no more of them than these.
        for box in top_level(len(data), lambda start, end: data[start:end], len(data)):
            if box.kind == b"moov":
                scale = _time_scale(data, only(data, box, b"trak", b"mdia"))
            elif box.kind == b"moof":
                moof = box
            elif box.kind == b"mdat" and moof is not None and scale:
                now, at = _signed(_segment(data, moof).start, 64), box.body
                for size, duration, delay in _samples(data, moof):
                    yield (now + delay) / scale, data[at : at + size]
                    now, at = now + duration, at + size
    except (Doubt, struct.error, IndexError):
        return


def _signed(value: int, bits: int) -> int:
    """Read a number without a sign as one with a sign."""
    sign = 1 << bits - 1
    return (value ^ sign) - sign


def _samples(data: bytes, moof: Box) -> list[tuple[int, int, int]]:
    """Return of each sample its size in bytes, its duration, and how much later it is shown."""
    traf = only(data, moof, b"traf")
    trun = only(data, traf, b"trun").body
    flags, count = struct.unpack_from(">II", data, trun)
    if count > len(data):  # each has a byte at least
        raise Doubt("it has more samples than bytes")
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    at = trun + 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    table = struct.unpack_from(f">{count * len(fields)}I", data, at)
    columns = {bit: table[place :: len(fields)] for place, bit in enumerate(fields)}
    usual = _usual(data, only(data, traf, b"tfhd").body)
    sizes = columns.get(0x200, (usual.get(0x10, 0),) * count)
    durations = columns.get(0x100, (usual.get(0x8, 0),) * count)
    delays = [_signed(each, 32) for each in columns.get(0x800, (0,) * count)]
    return list(zip(sizes, durations, delays, strict=True))


def _boxes(data: bytes) -> list[Box]:
    return list(top_level(len(data), lambda start, end: data[start:end]))


def _segment(data: bytes, moof: Box) -> Segment:
    traf = only(data, moof, b"traf")
    tfdt = only(data, traf, b"tfdt").body
    (start,) = struct.unpack_from(">Q" if data[tfdt] else ">I", data, tfdt + 4)
    usual, usual_flags = _defaults(data, only(data, traf, b"tfhd").body)
    trun = only(data, traf, b"trun").body
    flags, samples = struct.unpack_from(">II", data, trun)
    at = trun + 8 + 4 * bool(flags & 1)
    first_flags = usual_flags
    if flags & 4:
        (first_flags,) = struct.unpack_from(">I", data, at)
        at += 4
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    if 0x400 in fields and samples:
        (first_flags,) = struct.unpack_from(">I", data, at + 4 * fields.index(0x400))
    duration = usual * samples
    if 0x100 in fields:
        table = struct.unpack_from(f">{samples * len(fields)}I", data, at)
        duration = sum(table[:: len(fields)])
    return Segment(start, duration, samples, not first_flags & _NO_SYNC)


def _defaults(data: bytes, tfhd: int) -> tuple[int, int]:
    """Return the duration and the flags of samples that have none of their own."""
    usual = _usual(data, tfhd)
    return usual.get(0x8, 0), usual.get(0x20, 0)


def _usual(data: bytes, tfhd: int) -> dict[int, int]:
    """Return what holds of samples that say nothing else: duration 8, size 16, flags 32."""
    (flags,) = struct.unpack_from(">I", data, tfhd)
    at, found = tfhd + 8, {}
    for bit, size in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if flags & bit:
            (found[bit],) = struct.unpack_from(">I", data, at)
            at += size
    return found
