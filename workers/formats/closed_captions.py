"""Finds closed captions (CEA-608) that are hidden in pictures, and writes them as a file. Pure.

Sources: ATSC A/53 part 4, 6.2.3 (captions in user data); ITU-T H.264, 7.3.2.3 and D.1.6, and H.265,
7.3.5 and D.2.6 (SEI); ISO/IEC 13818-2, 6.2.2.2.2 (user data of MPEG-2).
"""

from collections.abc import Iterable, Iterator
from itertools import islice

# Of the NAL units, or after the start code, which can hold them.
_SEI = {"h264": frozenset({6}), "hevc": frozenset({39, 40})}
USER_DATA = 0xB2
_T35 = 4  # of the messages of an SEI: registered by ITU-T T.35
_UNITED_STATES_ATSC = b"\xb5\x00\x31"
_CAPTIONS = b"GA94\x03"
_VALID, _KIND = 4, 3
_FIRST_FIELD = 0  # of the kinds: the first two languages; the others are hardly used
_NOTHING = 0x80  # a pair of these fills the time
_MOST = 64  # units of a picture, and messages of a unit, that are looked at
_PER_S = 30  # of SCC: its frames are only a way to write a time


def pairs_of(sample: bytes, codec: str) -> bytes:
    """Return the pairs of bytes of the first field that a picture carries; empty if it has none.

    Args:
        sample: the picture: NAL units with their lengths, or MPEG-2 with start codes.
        codec: FFmpeg's name of it.
    """
    found = bytearray()
    for data in _user_data(sample, codec):
        found += _first_field(data)
    return bytes(found)


def scc_of(pictures: Iterable[tuple[float, bytes]]) -> str:
    """Write pairs as a Scenarist file, which FFmpeg reads; empty if there is nothing in them.

    Args:
        pictures: when each is shown, in seconds, and its pairs; in any order.
    """
    lines: dict[str, list[str]] = {}
    for seconds, pairs in sorted(pictures):
        words = [
            pairs[at : at + 2].hex()
            for at in range(0, len(pairs) - 1, 2)
            # The highest bit is parity.
            if (pairs[at] | 0x80, pairs[at + 1] | 0x80) != (_NOTHING, _NOTHING)
        ]
        if words and seconds >= 0:
            lines.setdefault(_timecode(seconds), []).extend(words)
    if not lines:
        return ""
    written = (f"{at}\t{' '.join(words)}\n\n" for at, words in lines.items())
    return "Scenarist_SCC V1.0\n\n" + "".join(written)


def _timecode(seconds: float) -> str:
    whole = int(seconds)
    frame = int((seconds - whole) * _PER_S)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{frame:02}"


def _user_data(sample: bytes, codec: str) -> Iterator[bytes]:
    """Yield what begins with the word for captions."""
    if codec == "mpeg2video":
        for part in sample.split(b"\0\0\1")[1:]:
            if part[:1] == bytes([USER_DATA]):
                yield part[1:]
        return
    for nal in islice(_nal_units(sample), _MOST):
        kind = nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63
        if kind not in _SEI.get(codec, ()):
            continue
        for message, payload in islice(_messages(nal[1 if codec == "h264" else 2 :]), _MOST):
            if message == _T35 and payload.startswith(_UNITED_STATES_ATSC):
                yield payload[len(_UNITED_STATES_ATSC) :]


def _nal_units(sample: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        yield sample[at + 4 : at + 4 + size]
        at += 4 + size


def _messages(escaped: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the messages of an SEI: type and payload."""
    data, at = escaped.replace(b"\0\0\3", b"\0\0"), 0
    while at + 2 < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        yield kind, data[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number that is written as a sum of bytes up to one below 255, and where it ends."""
    total = 0
    while at < len(data) and data[at] == 255:
        total, at = total + 255, at + 1
    return total + (data[at] if at < len(data) else 0), at + 1


def _first_field(data: bytes) -> bytes:
    if not data.startswith(_CAPTIONS) or len(data) < len(_CAPTIONS) + 2:
        return b""
    head, at = data[len(_CAPTIONS)], len(_CAPTIONS) + 2
    if not head & 0x40:  # none are to be processed
        return b""
    found = bytearray()
    for place in range(at, min(at + 3 * (head & 31), len(data) - 2), 3):
        if data[place] & _VALID and data[place] & _KIND == _FIRST_FIELD:
            found += data[place + 1 : place + 3]
    return bytes(found)
