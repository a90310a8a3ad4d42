"""MP4 and QuickTime: an index, and the pictures and sound that it names. Pure.

FFmpeg needs the index first. If the index is at the end of the file, it is sent first, and its
offsets are moved by its own length. In a pipe FFmpeg takes the samples in the order of the file. So
this order must be nearly the order of time.
"""

from array import array
from itertools import islice

from workers.formats.boxes import Box, top_level
from workers.formats.chunk_order import FAR_APART, see_order
from workers.formats.chunks import Track, big_endian, numbers, offset_tables, read_tracks
from workers.formats.known import Doubt, Known, Piece, Span, beginning, tidied
from workers.formats.shape import Pipe, Shape

# What else a file may have beside the index and the data: nothing that names places in it.
_HARMLESS = frozenset({b"ftyp", b"free", b"skip", b"wide", b"uuid", b"udta"})
_BEGINS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
# So many chunks of each track are in the sample, so that ffprobe sees something of it.
_CHUNKS_SEEN = 2


def arrange(known: Known, shape: Shape) -> Pipe | None:
    """Find an order in which it can be read from beginning to end; None if it is something else.

    Raises:
        Lacking: more of it must be known.
        Doubt: there is none, or it is not plain.
    """
    if known.size < 8 or known.need(4, 8) not in _BEGINS:
        return None
    boxes = list(top_level(known.size, known.need))
    moov = _index_of(boxes, shape)
    index = known.need(moov.start, moov.end)
    inner = Box(moov.kind, 0, moov.body - moov.start, len(index))
    tracks = read_tracks(index, inner)
    begins = see_order(tracks, [box for box in boxes if box.kind == b"mdat"])
    stream: tuple[Piece, ...] = (Span(0, known.size),)
    if begins < moov.start:
        first = boxes[0].end if boxes[0].kind == b"ftyp" else 0
        stream = tidied(
            [
                Span(0, first),
                moved(index, inner, moov.start, len(index)),
                Span(first, moov.start),
                Span(moov.end, known.size),
            ]
        )
    end = _end_of_sample(tracks, begins, shape, known.size)
    sample = beginning(stream, end)
    known.need_all(*(piece for piece in sample if isinstance(piece, Span)))
    return Pipe("MP4", stream, sample)


def moved(index: bytes, moov: Box, before: int, shift: int) -> bytes:
    """Return an index whose places below `before` are `shift` bytes further on; raises `Doubt`."""
    made = bytearray(index)
    for at, count, code in offset_tables(index, moov):
        found = numbers(index, at, count, code)
        try:
            places = array(code, (place + shift if place < before else place for place in found))
        except OverflowError as error:
            raise Doubt("an offset does not fit into 4 bytes") from error
        made[at : at + count * places.itemsize] = big_endian(places)
    return bytes(made)


def _index_of(boxes: list[Box], shape: Shape) -> Box:
    found = [box for box in boxes if box.kind == b"moov"]
    if len(found) != 1:
        raise Doubt(f"it has {len(found)} indexes")
    for box in boxes:
        if box.kind not in _HARMLESS and box.kind not in (b"moov", b"mdat"):
            raise Doubt(f"it has a box of type {box.kind.decode(errors='replace')}")
    if found[0].end - found[0].start > shape.largest_index:
        raise Doubt("the index is too long")
    return found[0]


def _end_of_sample(tracks: list[Track], begins: int, shape: Shape, size: int) -> int:
    end = begins + shape.sample
    for track in tracks:
        if track.played:
            end = max([end, *(chunk.end for chunk in islice(track.chunks(), _CHUNKS_SEEN))])
    if end - begins > shape.largest_sample:
        raise Doubt(FAR_APART)
    return min(end, size)
