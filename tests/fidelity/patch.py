"""Changes bytes of finished files, for what no muxer of FFmpeg writes."""

import re
import struct
from pathlib import Path

TS_PACKET = 188
# Seconds, and from which second of the track on they are shown; with None nothing is shown.
Edit = tuple[float, float | None]


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


def duration_tags(path: Path, seconds: float, tracks: tuple[int, ...] = ()) -> None:
    """Let the DURATION tags of a Matroska file say another length: all, or those of some tracks."""
    text = f"{int(seconds // 3600):02}:{int(seconds // 60) % 60:02}:{seconds % 60:012.9f}".encode()
    data = bytearray(path.read_bytes())
    for track, tag in enumerate(re.finditer(rb"\d\d:\d\d:\d\d\.\d{9}", bytes(data))):
        if track in tracks or not tracks:
            # One of more than 99 hours lost some of its decimals.
            data[tag.start() : tag.end()] = text[: tag.end() - tag.start()]
    path.write_bytes(data)


def default_duration(path: Path, seconds: float) -> None:
    """Let the first track of a Matroska file say that each picture lasts so long."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x23\xe3\x83\x84") + 4
    data[at : at + 4] = struct.pack(">I", round(seconds * 1e9))
    path.write_bytes(data)


def counted(path: Path, kind: bytes, factor: float) -> None:
    """Let the header of a stream of an AVI count more: `vids` or `auds`."""
    data = bytearray(path.read_bytes())
    at = data.index(kind) + 32
    (count,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, min(round(count * factor), 2**31 - 1))
    path.write_bytes(data)


def family(path: Path, number: int) -> None:
    """Let an Opus stream say another family of what its channels mean (RFC 7845, 5.1.1)."""
    data = bytearray(path.read_bytes())
    data[data.index(b"OpusHead") + 18] = number
    path.write_bytes(data)


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


def dolby_vision(path: Path, profile: int, base: int) -> None:
    """Let the only track of an MP4, whose index comes last, be Dolby Vision.

    Its configuration follows what describes the codec (Dolby Vision Streams within the ISO base
    media file format, 2.2); `base` tells how others may show the base layer.
    """
    data = bytearray(path.read_bytes())
    has = 0b101 if profile != 7 else 0b111
    flags = profile << 9 | 1 << 3 | has
    record = bytes([1, 0]) + struct.pack(">HB", flags, base << 4) + bytes(19)
    kind = b"dvcC" if profile <= 7 else b"dvvC"
    box = struct.pack(">I", 8 + len(record)) + kind + record
    at = data.rindex(b"moov") - 4
    around = [at]
    for name in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        at = data.index(name, at) - 4
        around.append(at)
    entry = at + 16
    for place in (*around, entry):
        size = struct.unpack_from(">I", data, place)[0]
        struct.pack_into(">I", data, place, size + len(box))
    end = entry + struct.unpack_from(">I", data, entry)[0] - len(box)
    data[end:end] = box
    path.write_bytes(data)


def media_duration(path: Path, factor: float) -> None:
    """Let each track of an MP4, and the film, say that they last that many times longer."""
    data = bytearray(path.read_bytes())
    # Of an edit list it is the first edit.
    for kind, offset in ((b"mdhd", 24), (b"mvhd", 24), (b"tkhd", 28), (b"elst", 16)):
        for at in boxes(bytes(data), kind):
            (ticks,) = struct.unpack_from(">I", data, at + offset)
            struct.pack_into(">I", data, at + offset, round(ticks * factor))
    path.write_bytes(data)


def edit_list(path: Path, edits: tuple[Edit, ...]) -> None:
    """Let each track of an MP4, whose index comes last, be shown as edited.

    What its first edit leaves out already, as encoders need it, stays out.
    """
    data = bytearray(path.read_bytes())
    film = data.rindex(b"moov") - 4
    (clock,) = struct.unpack_from(">I", data, data.index(b"mvhd", film) + 16)
    at = film
    while (at := data.find(b"trak", at + 8) - 4) > film:
        (ticks,) = struct.unpack_from(">I", data, data.index(b"mdhd", at) + 16)
        head = data.index(b"tkhd", at) - 4
        begin = end = head + struct.unpack_from(">I", data, head)[0]
        out = 0
        if data[begin + 4 : begin + 8] == b"edts":
            end += struct.unpack_from(">I", data, begin)[0]
            out = max(struct.unpack_from(">i", data, end - 8)[0], 0)
        entries = b"".join(
            struct.pack(
                ">IiI", round(length * clock), -1 if start is None else out + round(start * ticks),
                0x10000,
            )
            for length, start in edits
        )  # fmt: skip
        listed = _box(b"edts", _box(b"elst", struct.pack(">II", 0, len(edits)) + entries))
        data[begin:end] = listed
        for place in (film, at):
            (size,) = struct.unpack_from(">I", data, place)
            struct.pack_into(">I", data, place, size + len(listed) - (end - begin))
    path.write_bytes(data)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def cut_at(path: Path, place: int) -> None:
    """Leave only what is before a place of a file."""
    path.write_bytes(path.read_bytes()[:place])


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


def remove(path: Path, begin: float, end: float) -> None:
    """Take out what lies between two shares of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * begin)] + data[round(len(data) * end) :])


def zero(path: Path, begin: float, end: float) -> None:
    """Put zeros between two shares of a file, as a disk does that cannot read there."""
    data = bytearray(path.read_bytes())
    first, last = round(len(data) * begin), round(len(data) * end)
    data[first:last] = bytes(last - first)
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


def renumbered(stream: bytes) -> bytes:
    """Have the packets of a transport stream begin with another number than they did."""
    packets = [bytearray(stream[at : at + 188]) for at in range(0, len(stream), 188)]
    for packet in packets:
        packet[3] = packet[3] & 0xF0 | (packet[3] + 5) & 0x0F
    return b"".join(packets)
