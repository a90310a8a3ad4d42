"""MPEG transport streams: packets of one size, made to be read from any place on. Pure.

Source: ISO/IEC 13818-1, 2.4.3 (packets) and 2.4.4 (tables).
"""

from io import BytesIO

from workers.formats.known import Doubt, Known, Span, tidied
from workers.formats.shape import Pipe, Shape
from workers.formats.transport_tables import renumber

_SYNC = 0x47
# Bytes of a packet, and where its sync byte is: plain, and with a time stamp before (M2TS).
_LAYOUTS = ((188, 0), (192, 4))
_LONGEST = 192
_SEEN = 10  # packets that tell that it is one
_PAT, _PMT = 0x00, 0x02  # table ids


def arrange(known: Known, shape: Shape) -> Pipe | None:
    """Have it read as it is; None if it is something else. Raises as `mp4.arrange`.

    ffprobe looks at the end for the last time stamps. FFmpeg reads to the tables, and then goes
    back to the beginning. In a pipe it can do that only as far as what it has read to recognise the
    format, which is ten packets.
    """
    if (layout := layout_of(known.need(0, min(_SEEN * _LONGEST, known.size)))) is None:
        return None
    length, offset = layout
    _see_tables(known.need(0, _SEEN * length), length, offset)
    head = Span(0, min(shape.head // length * length, known.size))
    start = -(-max(known.size - shape.long_tail, 0) // length) * length
    tail = Span(max(start, head.end), known.size)
    known.need_all(head, tail)
    if renumber(BytesIO(known.need(0, head.end)), layout):
        raise Doubt("the streams have other numbers later on")
    return Pipe("MPEG-TS", (Span(0, known.size),), tidied([head, tail]))


def layout_of(data: bytes) -> tuple[int, int] | None:
    """Return how many bytes a packet has, and how many are before it; None if there is none.

    `data` is the beginning of a file; 2,000 bytes are enough.
    """
    for length, offset in _LAYOUTS:
        marks = data[offset : _SEEN * length : length]
        if marks == bytes([_SYNC]) * _SEEN:
            return length, offset
    return None


def _see_tables(data: bytes, length: int, offset: int) -> None:
    """See that the list of programs is there, and then the table of each."""
    wanted: set[int] | None = None
    for start in range(offset, len(data), length):
        pid, section = _section(data[start : start + 188])
        if pid == 0 and wanted is None:
            wanted = _programs(section)
        elif wanted is not None and pid in wanted and section[:1] == bytes([_PMT]):
            wanted.discard(pid)
            if not wanted:
                return
    raise Doubt("the tables of the stream are not at its beginning")


def _section(packet: bytes) -> tuple[int, bytes]:
    """Return a packet's stream and the table that begins and ends in it; empty without one."""
    pid = (packet[1] & 0x1F) << 8 | packet[2]
    begins, fields = bool(packet[1] & 0x40), packet[3] >> 4 & 3
    at = 4
    if fields == 3:
        at += 1 + packet[4]
    if not begins or not fields & 1 or at >= len(packet):
        return pid, b""
    at += 1 + packet[at]
    table = packet[at:]
    if len(table) < 3:
        return pid, b""
    end = 3 + ((table[1] & 0x0F) << 8 | table[2])
    return pid, table[:end] if end <= len(table) else b""


def _programs(section: bytes) -> set[int] | None:
    """Return the streams in which the tables of the programs are."""
    if section[:1] != bytes([_PAT]):
        return None
    # Behind eight bytes of head, and before a checksum: number and stream of each program.
    entries = section[8:-4]
    pairs = [entries[at : at + 4] for at in range(0, len(entries) - 3, 4)]
    found = {(pair[2] & 0x1F) << 8 | pair[3] for pair in pairs if pair[:2] != b"\0\0"}
    return found or None
