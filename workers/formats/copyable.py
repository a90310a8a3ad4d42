"""What the index of an MP4 tells of whether its tracks can be copied into segments. Pure.

Source: ISO/IEC 14496-12, 8.5.2 (stsd), 8.6.2 (stss), 8.6.6 (elst); 14496-15, 5.4.2 (avc1).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from workers.formats.boxes import Box, inside, only, perhaps
from workers.formats.chunks import Track, numbers, table_of, take
from workers.formats.h264 import Sps, avcc_of, read_avcc
from workers.formats.known import Doubt

# FFmpeg ends the n-th segment at the first group of pictures that begins at or after n times this,
# in seconds from the beginning of the film: after a long group it cuts at each until it is in time.
SEGMENT_S = 2
_AAC_LC = 2  # audio object type
_AAC_SAMPLES = 1024  # of a frame
_RATES = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
_MPEG_4_AUDIO, _DECODER, _SPECIFIC, _DESCRIPTOR = 0x40, 4, 5, 3


@dataclass(frozen=True, slots=True)
class Copyable:
    """A track of H.264 or AAC-LC that is described once and whose times are plain.

    Attributes:
        samples: how many it has.
        seconds: how long it lasts.
        average: its bit rate.
        peak: the highest bit rate of a segment, and of what is shorter than it should be the bit
            rate that it would have if it were not.
        shortest: of the segments of pictures but the last, in seconds; that of the film if there is
            one alone.
        longest_group: of pictures, from one sync sample to the next, in seconds.
        cut: how much its edit list takes off the beginning, in seconds; of pictures that is no more
            than the delay of their order.
        sps: of pictures.
        channels: of sound.
        sample_rate: of sound, samples a second.
    """

    samples: int
    seconds: float
    average: int
    peak: int
    longest_group: float = 0.0
    shortest: float = 0.0
    cut: float = 0.0
    sps: Sps | None = None
    channels: int = 0
    sample_rate: int = 0


def read_copyable(index: bytes, moov: Box, tracks: Sequence[Track], number: int) -> Copyable:
    """Read the track of a number, counted from 0, in an index whose `tracks` were read.

    Raises:
        Doubt: it is none that can be copied.
    """
    track = tracks[number]
    traks = (box for box in inside(index, moov) if box.kind == b"trak")
    media = only(index, next(islice(traks, number, None)), b"mdia")
    stbl = only(index, media, b"minf", b"stbl")
    (kind,) = take(index, only(index, media, b"hdlr"), 8, "4s")
    entry = _entry(index, only(index, stbl, b"stsd"))
    ticks, counts = track.times[1::2], track.times[0::2]
    samples = sum(counts)
    if not samples or not min(ticks):
        raise Doubt("a sample has no duration")
    total = sum(each * of for each, of in zip(counts, ticks, strict=True))
    size = track.sizes * samples if isinstance(track.sizes, int) else sum(track.sizes)
    cut = max(-track.shift, 0.0)
    if kind == b"soun":
        rate, channels = _aac(index, entry)
        whole = ticks[:-1] if counts[-1] == 1 and len(ticks) > 1 else ticks
        if track.scale != rate or any(each != _AAC_SAMPLES for each in whole):
            raise Doubt("its sound has gaps")
        bits = size * 8 * track.scale // total
        return Copyable(
            samples,
            total / track.scale,
            bits,
            bits,
            cut=cut,
            channels=channels,
            sample_rate=rate,
        )
    if entry.kind != b"avc1":
        raise Doubt(f"its pictures are {entry.kind.decode(errors='replace')}")
    if cut * track.scale > _first_delay(index, stbl) + 1:
        raise Doubt("its edit list cuts off pictures")
    longest = 0

    def groups() -> Iterator[tuple[int, int]]:  # as they are read: there may be a million
        nonlocal longest
        for ticks, length in _groups(index, stbl, track, samples):
            longest = max(longest, ticks)
            yield ticks, length

    segments = list(cuts(groups(), track.scale))
    least = SEGMENT_S * track.scale
    peak = max(size * 8 * track.scale // max(ticks, least) for ticks, size in segments)
    average = size * 8 * track.scale // total
    return Copyable(
        samples,
        total / track.scale,
        average,
        max(peak, average),
        longest_group=longest / track.scale,
        shortest=min(ticks for ticks, _ in segments[:-1] or segments) / track.scale,
        cut=cut,
        sps=read_avcc(avcc_of(index, entry)),
    )


def _entry(index: bytes, stsd: Box) -> Box:
    (count,) = take(index, stsd, 4, "I")
    entries = list(inside(index, Box(stsd.kind, stsd.start, stsd.body + 8, stsd.end)))
    if count != 1 or len(entries) != 1:
        raise Doubt(f"it has {count} descriptions")
    return entries[0]


def _first_delay(index: bytes, stbl: Box) -> int:
    """Return how long after its decoding the first picture is shown, in ticks."""
    if perhaps(index, stbl, b"ctts") is None:
        return 0
    at, count = table_of(index, stbl, b"ctts", 8)
    return int.from_bytes(index[at + 4 : at + 8], "big", signed=True) if count else 0


def _groups(index: bytes, stbl: Box, track: Track, samples: int) -> Iterator[tuple[int, int]]:
    """Yield how long each group of pictures lasts, in ticks, and its size in bytes."""
    starts: Sequence[int] = range(1, samples + 1)
    if perhaps(index, stbl, b"stss") is not None:
        at, count = table_of(index, stbl, b"stss", 4)
        starts = numbers(index, at, count, "I")
        if not count or starts[0] != 1 or starts[-1] > samples:
            raise Doubt("it does not begin with a picture that stands by itself")
        if any(after <= before for before, after in pairwise(starts)):
            raise Doubt("its sync samples are not in order")
    left = tick = 0
    runs = iter(zip(track.times[0::2], track.times[1::2], strict=True))
    for before, after in pairwise(chain(starts, [samples + 1])):
        wanted, lasts = after - before, 0
        size = track.size(before - 1, wanted)
        while wanted > left:
            lasts, wanted = lasts + left * tick, wanted - left
            left, tick = next(runs)
        left -= wanted
        yield lasts + wanted * tick, size


def cuts(groups: Iterable[tuple[int, int]], scale: int) -> Iterator[tuple[int, int]]:
    """Yield how long each segment of groups of pictures is, in ticks, and its size in bytes.

    `scale` is the number of ticks in a second.
    """
    at = begun = size = 0
    number = 1
    for ticks, more in groups:
        if at > begun and at >= SEGMENT_S * scale * number:
            yield at - begun, size
            begun, size, number = at, 0, number + 1
        at, size = at + ticks, size + more
    yield at - begun, size


def _aac(index: bytes, entry: Box) -> tuple[int, int]:
    """Return the samples per second of a sound of AAC-LC, and its channels.

    The description may be a box of QuickTime's within others, so it is looked for.
    """
    if entry.kind != b"mp4a":
        raise Doubt(f"its sound is {entry.kind.decode(errors='replace')}")
    at = index.find(b"esds", entry.body, entry.end)
    if at < 0:
        raise Doubt("its sound has no description")
    kind, specific = _descriptors(index[at + 8 : entry.end])
    if kind != _MPEG_4_AUDIO or len(specific) < 2 or specific[0] >> 3 != _AAC_LC:
        raise Doubt("its sound is not AAC-LC")
    rate, channels = (specific[0] & 7) << 1 | specific[1] >> 7, specific[1] >> 3 & 15
    if rate >= len(_RATES) or channels not in (1, 2):
        raise Doubt(f"its sound has {channels} channels")
    return _RATES[rate], channels


def _descriptors(data: bytes) -> tuple[int, bytes]:
    """Return the kind of sound in a description (ISO/IEC 14496-1, 7.2.6), and its own part."""
    at, kind = 0, 0
    while at + 2 < len(data):
        tag, size, at = data[at], 0, at + 1
        for _ in range(4):
            if at >= len(data):
                break
            size, at, more = size << 7 | data[at] & 127, at + 1, data[at] & 128
            if not more:
                break
        if tag == _DESCRIPTOR:
            flags = data[at + 2] if at + 2 < len(data) else 0xFF
            if flags & 0xE0:
                break
            at += 3
        elif tag == _DECODER:
            kind = data[at] if at < len(data) else 0
            at += 13
        elif tag == _SPECIFIC:
            return kind, data[at : at + size]
        else:
            at += size
    raise Doubt("the description of its sound is invalid")
