"""MP4 and QuickTime: an index, and the pictures and sound that it names. Pure.

FFmpeg needs the index first. If the index is at the end of the file, it is sent first, and its
offsets are moved by its own length. In a pipe FFmpeg takes the samples in the order of the file. So
this order must be nearly the order of time.
"""

from array import array
from bisect import bisect_right
from itertools import pairwise

from workers.sources.boxes import Box, top_level
from workers.sources.chunks import Chunk, Track, big_endian, numbers, offset_tables, read_tracks
from workers.sources.known import Doubt, Known, Piece, Span, beginning, tidied
from workers.sources.shape import Pipe, Shape

# What else a file may have beside the index and the data: nothing that names places in it.
_HARMLESS = frozenset({b"ftyp", b"free", b"skip", b"wide", b"uuid", b"udta"})
_BEGINS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
# Seconds that one track may be ahead of another where they lie in the file. FFmpeg keeps what came
# too soon, as pictures that are decoded already.
_AHEAD_S = 4.0
# So many chunks of each track are in the sample, so that ffprobe sees something of it.
_CHUNKS_SEEN = 2


def recognised(known: Known) -> bool:
    """Tell whether it is one."""
    return known.size >= 8 and known.need(4, 8) in _BEGINS


def arrange(known: Known, shape: Shape) -> Pipe:
    """Find an order in which it can be read from beginning to end.

    Raises:
        Lacking: more of it must be known.
        Doubt: there is none, or it is not plain.
    """
    boxes = list(top_level(known.size, known.need))
    moov = _index_of(boxes, shape)
    index = known.need(moov.start, moov.end)
    inner = Box(moov.kind, 0, moov.body - moov.start, len(index))
    tracks = read_tracks(index, inner)
    chunks = _in_order(tracks, [box for box in boxes if box.kind == b"mdat"])
    stream: tuple[Piece, ...] = (Span(0, known.size),)
    if chunks[0].start < moov.start:
        first = boxes[0].end if boxes[0].kind == b"ftyp" else 0
        stream = tidied(
            [
                Span(0, first),
                moved(index, inner, moov.start, len(index)),
                Span(first, moov.start),
                Span(moov.end, known.size),
            ]
        )
    end = _end_of_sample(tracks, chunks, shape, known.size)
    sample = beginning(stream, end)
    known.need_all(*(piece for piece in sample if isinstance(piece, Span)))
    return Pipe("MP4", stream, sample)


def moved(index: bytes, moov: Box, before: int, shift: int) -> bytes:
    """Return an index whose places below `before` are `shift` bytes further on.

    Raises:
        Doubt: an offset does not fit where it is written.
    """
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


def _in_order(tracks: list[Track], data: list[Box]) -> list[Chunk]:
    """Return all chunks as they lie in the file.

    Raises:
        Doubt: they overlap, lie outside of the data, or are not nearly in the order of time.
    """
    placed = sorted(
        (chunk, number)
        for number, track in enumerate(tracks)
        for chunk in track.chunks
        if chunk.end > chunk.start
    )
    if not placed:
        raise Doubt("it has no samples")
    if any(after.start < before.end for (before, _), (after, _) in pairwise(placed)):
        raise Doubt("chunks overlap")
    starts = [box.body for box in data]
    for chunk, _ in placed:
        place = bisect_right(starts, chunk.start) - 1
        if place < 0 or chunk.end > data[place].end:
            raise Doubt("a chunk is outside the media data")
    played = [(chunk, number) for chunk, number in placed if tracks[number].played]
    if _ahead(played) > _AHEAD_S:
        raise Doubt("picture and sound are far apart in the file")
    return [chunk for chunk, _ in placed]


def _ahead(placed: list[tuple[Chunk, int]]) -> float:
    """Return by how many seconds one track is ahead of another at most."""
    left: dict[int, list[float]] = {}
    for chunk, number in reversed(placed):
        left.setdefault(number, []).append(chunk.begins)
    most = 0.0
    for chunk, number in placed:
        left[number].pop()
        if not left[number]:
            del left[number]
        # The next of each other track that has one.
        others = [begins[-1] for other, begins in left.items() if other != number]
        if others:
            most = max(most, chunk.ends - min(others))
    return most


def _end_of_sample(tracks: list[Track], chunks: list[Chunk], shape: Shape, size: int) -> int:
    start = chunks[0].start
    end = start + shape.sample
    for track in tracks:
        if track.played:
            end = max([end, *(chunk.end for chunk in track.chunks[:_CHUNKS_SEEN])])
    if end - start > shape.largest_sample:
        raise Doubt("picture and sound are far apart in the file")
    return min(end, size)
