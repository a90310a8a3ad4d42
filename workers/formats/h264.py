"""Reads as much of H.264 as tells whether players take it as it is. Pure.

Sources: ITU-T H.264, 7.3.1 and 7.3.2.1 (NAL units, SPS), annex E.1.1 (VUI), table 7-1 (types);
ISO/IEC 14496-15, 5.3.3.1 (avcC).
"""

from dataclasses import dataclass

from workers.formats.boxes import Box, only
from workers.formats.known import Doubt

_IDR = 5
_SLICES = frozenset({1, _IDR})
_SPS, _PPS = 7, 8
_CONSTRAINED_BASELINE, _MAIN, _HIGH = 66, 77, 100
_SET_1 = 0x40  # of the constraints: what is Baseline is Main as well
_HIGHEST_LEVEL = 51  # 5.1: what hardware decoders take at 4096 x 2304
_VISUAL_ENTRY = 78  # bytes of a sample entry before its boxes
_MOST_NALS = 4096  # of a picture
_MOST_SPS_BYTES = 1024
_LENGTH_BYTES = 4  # as FFmpeg writes them
_EXTENDED_SAR, _SQUARE = 255, 1


@dataclass(frozen=True, slots=True)
class Sps:
    """A sequence parameter set; the size is that of what is shown, in pixels."""

    profile: int
    level: int
    width: int
    height: int


def read_avcc(data: bytes) -> Sps:
    """Read the configuration of a track.

    Raises:
        Doubt: it has not one SPS, or it is not 8-bit 4:2:0 progressive of square pixels, of a
            profile and level that players take.
    """
    if len(data) < 7 or data[0] != 1:
        raise Doubt("its H.264 configuration is invalid")
    if data[5] & 31 != 1:
        raise Doubt(f"it has {data[5] & 31} sequence parameter sets")
    end = 8 + int.from_bytes(data[6:8], "big")
    nal = data[8:end]
    if len(nal) < 4 or end >= len(data) or nal[0] & 31 != _SPS or len(nal) > _MOST_SPS_BYTES:
        raise Doubt("its sequence parameter set is invalid")
    if not data[end]:
        raise Doubt("it has no picture parameter set")
    return _sps(nal)


def parameter_sets(data: bytes) -> frozenset[bytes]:
    """Return the NAL units of a configuration that `read_avcc` took; raises `Doubt`."""
    found, at = set(), 5
    for mask in (31, 255):
        count, at = data[at] & mask if at < len(data) else 0, at + 1
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            found.add(data[at + 2 : at + 2 + size])
            at += 2 + size
    if at > len(data):
        raise Doubt("its H.264 configuration is invalid")
    return frozenset(found)


def see_pictures(data: bytes, start: int, sizes: list[int], sets: frozenset[bytes]) -> None:
    """See that samples from `start` on are slices, and that an IDR picture comes first.

    The parameter sets of the header, `sets`, may be repeated.

    Raises:
        Doubt: they hold something else.
    """
    at = start
    for number, size in enumerate(sizes):
        end, count, slices = at + size, 0, 0
        if end > len(data):
            raise Doubt("a picture ends behind its segment")
        while at < end:
            length = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
            at += _LENGTH_BYTES
            if not length or at + length > end:
                raise Doubt("the parts of a picture do not fill it")
            kind = data[at] & 31
            if kind in (_SPS, _PPS) and data[at : at + length] not in sets:
                raise Doubt("its parameter sets change")
            if kind not in _SLICES and kind not in (_SPS, _PPS):
                raise Doubt(f"it holds a NAL unit of type {kind}")
            if number == 0 and kind in _SLICES and kind != _IDR:
                raise Doubt("a segment does not begin with an IDR picture")
            slices += kind in _SLICES
            at, count = at + length, count + 1
        if not slices or count > _MOST_NALS:
            raise Doubt("a picture is empty, or has very many parts")


def avcc_of(data: bytes, entry: Box) -> bytes:
    """Return the configuration in a sample entry; raises `Doubt`."""
    boxes = Box(entry.kind, entry.start, entry.body + _VISUAL_ENTRY, entry.end)
    box = only(data, boxes, b"avcC")
    return data[box.body : box.end]


class _Bits:
    """Reads bits of an RBSP; behind its end there is nothing."""

    def __init__(self, nal: bytes) -> None:
        self._bits = int.from_bytes(nal, "big")
        self._left = len(nal) * 8

    def take(self, count: int = 1) -> int:
        self._left -= count
        if self._left < 0:
            raise Doubt("its sequence parameter set ends early")
        return self._bits >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take():
            zeros += 1
            if zeros > 31:
                raise Doubt("its sequence parameter set is invalid")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _sps(nal: bytes) -> Sps:
    profile, constraints, level = nal[1], nal[2], nal[3]
    baseline = profile == _CONSTRAINED_BASELINE and constraints & _SET_1
    if not (baseline or profile in (_MAIN, _HIGH)) or level > _HIGHEST_LEVEL:
        raise Doubt(f"its profile is {profile}, its level {level}")
    # Bytes that keep a start code from appearing are no content.
    bits = _Bits(nal[4:].replace(b"\0\0\3", b"\0\0"))
    bits.golomb()
    if profile == _HIGH:
        _see_format(bits)
    bits.golomb()  # how far frames are counted
    _skip_order(bits)
    bits.golomb()
    bits.take()
    columns, rows = bits.golomb() + 1, bits.golomb() + 1
    if not bits.take():
        raise Doubt("it may hold fields")
    bits.take()
    left = right = top = bottom = 0
    if bits.take():
        left, right, top, bottom = (bits.golomb() for _ in range(4))
    if bits.take() and bits.take():
        _see_square(bits)
    width, height = 16 * columns - 2 * (left + right), 16 * rows - 2 * (top + bottom)
    if width < 2 or height < 2:
        raise Doubt("its picture has no size")
    return Sps(profile, level, width, height)


def _see_format(bits: _Bits) -> None:
    if (bits.golomb(), bits.golomb(), bits.golomb()) != (1, 0, 0):
        raise Doubt("it is not 8-bit 4:2:0")
    if bits.take():
        raise Doubt("it skips a transform")
    if bits.take():
        for number in range(8):
            if bits.take():
                _skip_scaling(bits, 16 if number < 6 else 64)


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    """Pass over how the order of pictures is counted."""
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take()
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()


def _see_square(bits: _Bits) -> None:
    shape = bits.take(8)
    if shape == _EXTENDED_SAR:
        if bits.take(16) != bits.take(16):
            raise Doubt("its pixels are not square")
    elif shape not in (0, _SQUARE):
        raise Doubt("its pixels are not square")
