"""MP4 and QuickTime: an index, and the pictures and sound that it names. Pure.

FFmpeg needs the index first. If the index is at the end of the file, it is sent first, and its
offsets are moved by its own length. In a pipe FFmpeg takes the samples in the order of the file. So
this order must be nearly the order of time.
"""

from array import array
from heapq import merge
from itertools import islice, repeat
from math import inf

from workers.formats.boxes import Box, top_level
from workers.formats.chunks import Track, big_endian, numbers, offset_tables, read_tracks
from workers.formats.known import Doubt, Known, Piece, Span, beginning, tidied
from workers.formats.shape import Pipe, Shape

# What else a file may have beside the index and the data: nothing that names places in it.
_HARMLESS = frozenset({b"ftyp", b"free", b"skip", b"wide", b"uuid", b"udta"})
_BEGINS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
# Seconds that one track may be ahead of another where they lie in the file. FFmpeg keeps what came
# too soon, as pictures that are decoded already.
_AHEAD_S = 4.0
# So many chunks of each track are in the sample, so that ffprobe sees something of it.
_CHUNKS_SEEN = 2
_FAR_APART = "picture and sound are far apart in the file"


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
    begins = _see_order(tracks, [box for box in boxes if box.kind == b"mdat"])
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


def _see_order(tracks: list[Track], data: list[Box]) -> int:
    """See that the chunks lie in the file as they are needed; return where the first one begins.

    Raises:
        Doubt: they overlap, lie outside of the data, or are not nearly in the order of time.
    """
    ends, behind, begins, limit = {box.body: box.end for box in data}, 0, None, 0
    bodies = sorted(ends, reverse=True)  # the next one is the last
    rest = [zip(track.chunks(), repeat(number)) for number, track in enumerate(tracks)]
    reached = [-inf] * len(tracks)  # up to when each that is played lies before this place
    for (start, end, since, until), number in merge(*rest):
        if end == start:
            continue
        if start < behind:
            raise Doubt("chunks overlap")
        while bodies and bodies[-1] <= start:
            limit = ends[bodies.pop()]
        if end > limit:
            raise Doubt("a chunk is outside the media data")
        behind = end
        begins = start if begins is None else begins
        if tracks[number].played:
            reached[number] = -inf
            if max(reached) - since > _AHEAD_S:
                raise Doubt(_FAR_APART)
            reached[number] = until
    if begins is None:
        raise Doubt("it has no samples")
    return begins


def _end_of_sample(tracks: list[Track], begins: int, shape: Shape, size: int) -> int:
    end = begins + shape.sample
    for track in tracks:
        if track.played:
            end = max([end, *(chunk.end for chunk in islice(track.chunks(), _CHUNKS_SEEN))])
    if end - begins > shape.largest_sample:
        raise Doubt(_FAR_APART)
    return min(end, size)
