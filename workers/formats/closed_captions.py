"""Finds closed captions (CEA-608) that are hidden in pictures, and writes them as a file. Pure.

Sources: ATSC A/53 part 4, 6.2.3 (captions in user data); ITU-T H.264, 7.3.2.3 and D.1.6, and H.265,
7.3.5 and D.2.6 (SEI); ISO/IEC 13818-2, 6.2.2.2.2 (user data of MPEG-2).
"""

from collections.abc import Iterable, Iterator
from itertools import islice

# Of the NAL units, or after the start code, which can hold them.
_SEI = {"h264": frozenset({6}), "hevc": frozenset({39, 40})}
_USER_DATA = b"\0\0\1\xb2"
_START_CODES = (b"\0\0\1", b"\0\0\0\1")
_T35 = 4  # of the messages of an SEI: registered by ITU-T T.35
_UNITED_STATES_ATSC = b"\xb5\x00\x31"
_CAPTIONS = b"GA94\x03"
_VALID, _KIND = 4, 3
_FIRST_FIELD = 0  # of the kinds: the first two languages; the others are hardly used
_WITHOUT_PARITY = 0x7F  # a pair of nothing but parity fills the time
# Of the control codes: text is begun, or captions that pop on, roll up or are painted.
_BEGIN_TEXT, _BEGIN_CAPTIONS = {0x2A, 0x2B}, {0x20, 0x25, 0x26, 0x27, 0x29}
_MOST = 64  # units of a picture, and messages of a unit, that are looked at
_PER_S = 30  # of SCC: its frames are only a way to write a time


def pairs_of(sample: bytes, codec: str) -> bytes:
    """Return the pairs of bytes of the first field that a picture carries; empty if it has none.

    Args:
        sample: the picture: NAL units with their lengths or start codes, or MPEG-2.
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
    channel = _Channel()
    for seconds, pairs in sorted(pictures, key=lambda each: each[0]):
        words = [
            f"{first:02x}{second:02x}"
            for first, second in zip(pairs[::2], pairs[1::2], strict=False)
            if channel.takes(first & _WITHOUT_PARITY, second & _WITHOUT_PARITY)
        ]
        if words and seconds >= 0:
            lines.setdefault(_timecode(seconds), []).extend(words)
    if not lines:
        return ""
    written = (f"{at}\t{' '.join(words)}\n\n" for at, words in lines.items())
    return "Scenarist_SCC V1.0\n\n" + "".join(written)


class _Channel:
    """Tells which pairs of a field are of its first captions: it has others beside, and text.

    Source: CEA-608, 8.4 (control codes say for which they and what follows are).
    """

    def __init__(self) -> None:
        self._is_ours = True
        self._is_text = False

    def takes(self, first: int, second: int) -> bool:
        """Take the next pair, without parity; return whether it is to be kept."""
        if (first, second) == (0, 0):
            return False
        if 0x10 <= first < 0x20:
            self._is_ours = not first & 8
            if self._is_ours and first in {0x14, 0x15} and 0x20 <= second < 0x30:
                if second in _BEGIN_TEXT:
                    self._is_text = True
                elif second in _BEGIN_CAPTIONS:
                    self._is_text = False
        return self._is_ours and not self._is_text


def _timecode(seconds: float) -> str:
    whole = int(seconds)
    frame = int((seconds - whole) * _PER_S)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{frame:02}"


def _user_data(sample: bytes, codec: str) -> Iterator[bytes]:
    """Yield what begins with the word for captions."""
    if codec == "mpeg2video":
        yield from sample.split(_USER_DATA, _MOST)[1:]
        return
    for nal in islice(_nal_units(sample), _MOST):
        kind = nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63
        if kind not in _SEI.get(codec, ()):
            continue
        for message, payload in islice(_messages(nal[1 if codec == "h264" else 2 :]), _MOST):
            if message == _T35 and payload.startswith(_UNITED_STATES_ATSC):
                yield payload[len(_UNITED_STATES_ATSC) :]


def _nal_units(sample: bytes) -> Iterator[bytes]:
    if sample.startswith(_START_CODES):
        # The last byte before the next code is 0 or not: what follows a unit does not matter.
        yield from filter(None, sample.split(_START_CODES[0], _MOST)[1:])
        return
    at = 0
    while at + 4 < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        if size:
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
