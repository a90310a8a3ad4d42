"""Changes bytes of finished files, for what no muxer of FFmpeg writes."""

import re
import struct
from pathlib import Path

TS_PACKET = 188


def double_in_ebml(path: Path, element: bytes, value: float) -> None:
    """Write another number into the first element of that id, of Matroska, that holds a double."""
    data = bytearray(path.read_bytes())
    at = data.index(element + b"\x88") + len(element) + 1
    data[at : at + 8] = struct.pack(">d", value)
    path.write_bytes(data)


def duration(path: Path, seconds: float) -> None:
    """Let a Matroska file say another length; its clock has milliseconds."""
    double_in_ebml(path, b"\x44\x89", seconds * 1000)


def flash_duration(path: Path, seconds: float) -> None:
    """Let the metadata of a Flash video say another length."""
    data = bytearray(path.read_bytes())
    at = data.index(b"duration\0") + 9
    data[at : at + 8] = struct.pack(">d", seconds)
    path.write_bytes(data)


def duration_tags(path: Path, seconds: float) -> None:
    """Let every DURATION tag of a Matroska file say another length."""
    text = f"{int(seconds // 3600):02}:{int(seconds // 60) % 60:02}:{seconds % 60:012.9f}".encode()
    data = path.read_bytes()
    path.write_bytes(re.sub(rb"\d\d:\d\d:\d\d\.\d{9}", text, data))


def pixel_crop(path: Path, *, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0) -> None:
    """Put cropping in the place of the colour description of a Matroska file, which is longer."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x55\xb0", data.index(b"\xe0", data.index(b"\x16\x54\xae\x6b")))
    size = data[at + 2] & 0x7F
    sides = ((b"\x54\xbb", top), (b"\x54\xaa", bottom), (b"\x54\xcc", left), (b"\x54\xdd", right))
    crop = b"".join(name + b"\x82" + struct.pack(">H", count) for name, count in sides if count)
    rest = 3 + size - len(crop)
    data[at : at + 3 + size] = crop + b"\xec" + bytes([0x80 | (rest - 2)]) + bytes(rest - 2)
    path.write_bytes(data)


def boxes(data: bytes, kind: bytes) -> list[int]:
    """Return where the boxes of a kind begin; the kind must not be in the media by chance."""
    return [match.start() - 4 for match in re.finditer(re.escape(kind), data)]


def media_duration(path: Path, factor: float) -> None:
    """Let each track of an MP4, and the film, say that they last that many times longer."""
    data = bytearray(path.read_bytes())
    # Of an edit list it is the first edit.
    for kind, offset in ((b"mdhd", 24), (b"mvhd", 24), (b"tkhd", 28), (b"elst", 16)):
        for at in boxes(bytes(data), kind):
            (ticks,) = struct.unpack_from(">I", data, at + offset)
            struct.pack_into(">I", data, at + offset, round(ticks * factor))
    path.write_bytes(data)


def cut(path: Path, share: float) -> None:
    """Leave only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * share)])


def cut_packets(path: Path, begin: float, end: float = 1.0) -> None:
    """Leave a part of a transport stream, in whole packets; shares of its length."""
    data = path.read_bytes()
    count = len(data) // TS_PACKET
    path.write_bytes(data[round(count * begin) * TS_PACKET : round(count * end) * TS_PACKET])


def spoil(path: Path, begin: float, end: float, step: int = 7) -> None:
    """Break every so manieth byte between two shares of a file."""
    data = bytearray(path.read_bytes())
    for at in range(round(len(data) * begin), round(len(data) * end), step):
        data[at] ^= 0x55
    path.write_bytes(data)


def join(path: Path, *pieces: Path) -> None:
    """Put files one behind the other, as recorders do."""
    path.write_bytes(b"".join(piece.read_bytes() for piece in pieces))


def pulldown(data: bytes) -> bytes:
    """Flag the pictures of an MPEG-2 stream as film: fields repeated as 2, 3, 2, 3."""
    changed, number = bytearray(data), 0
    for match in re.finditer(rb"\x00\x00\x01\xb5", data):
        at = match.end()
        if data[at] >> 4 == 8:  # picture coding extension
            top, repeat = (number % 4 in (0, 1)), number % 2
            changed[at + 3] = data[at + 3] & 0b01111101 | top << 7 | repeat << 1
            changed[at + 4] |= 0x80  # progressive_frame
            number += 1
        if data[at] >> 4 == 1:  # sequence extension: not progressive_sequence
            changed[at + 1] &= ~0x08 & 0xFF
    return bytes(changed)
