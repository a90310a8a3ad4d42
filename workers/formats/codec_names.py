"""Names codecs as RFC 6381 has them, by what a header tells. Pure.

Sources: ISO/IEC 14496-15, 5.3.3.1 (avcC), 8.3.3.1 (hvcC) and annex E (names); the binding of AV1 to
ISO BMFF, 2.3 (av1C) and 5 (names).
"""

from collections.abc import Callable

from workers.formats.boxes import Box, only
from workers.formats.known import Doubt

_VISUAL_ENTRY = 78  # bytes of an entry before its boxes
_AAC_LC = "mp4a.40.2"
_PROFILE_SPACES = ("", "A", "B", "C")


def codec_name(data: bytes, entry: Box) -> str:
    """Return the name of the codec of a sample entry, as `avc1.64001f`.

    Raises:
        Doubt: it is none of ours.
    """
    if entry.kind == b"mp4a":
        return _AAC_LC
    if entry.kind not in _NAMED:
        raise Doubt(f"the track is {entry.kind.decode(errors='replace')}")
    kind, name = _NAMED[entry.kind]
    boxes = Box(entry.kind, entry.start, entry.body + _VISUAL_ENTRY, entry.end)
    box = only(data, boxes, kind)
    try:
        return f"{entry.kind.decode()}.{name(data[box.body : box.end])}"
    except IndexError:
        raise Doubt("the description of the codec is too short") from None


def _avc(told: bytes) -> str:
    return bytes((told[1], told[2], told[3])).hex()


def _hevc(told: bytes) -> str:
    space, tier, profile = told[1] >> 6, told[1] >> 5 & 1, told[1] & 31
    compatible = int(f"{int.from_bytes(told[2:6]):032b}"[::-1], 2)  # its bits are named backwards
    level = told[12]
    constraints = told[6:12].rstrip(b"\0")
    fields = [f"{_PROFILE_SPACES[space]}{profile}", f"{compatible:X}", f"{'LH'[tier]}{level}"]
    return ".".join([*fields, *(f"{each:X}" for each in constraints)])


def _av1(told: bytes) -> str:
    profile, level = told[1] >> 5, told[1] & 31
    tier, high, twelve = (told[2] >> bit & 1 for bit in (7, 6, 5))
    depth = 8 + 2 * high + 2 * (high and twelve)
    return f"{profile}.{level:02}{'MH'[tier]}.{depth:02}"


_NAMED: dict[bytes, tuple[bytes, Callable[[bytes], str]]] = {
    b"avc1": (b"avcC", _avc),
    b"hvc1": (b"hvcC", _hevc),
    b"av01": (b"av1C", _av1),
}
