"""Matroska and WebM: pictures and sound in clusters, one behind the other. Pure.

The beginning (SeekHead) says what comes after the clusters. ffprobe needs the tags from there,
because they have the length of each track. So it gets them before the clusters.

Source: RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from dataclasses import dataclass

from workers.formats.known import Doubt, Known, Piece, Span, tidied
from workers.formats.shape import Pipe, Shape

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _DURATION, _TRACKS, _TAGS, _ATTACHMENTS = (
    0x1549A966, 0x4489, 0x1654AE6B, 0x1254C367, 0x1941A469,
)  # fmt: skip
_VOID = 0xEC
_MAGIC = b"\x1a\x45\xdf\xa3"
_MOST_BEFORE = 64  # elements before the first cluster
_MOST_INSIDE = 256  # elements of a SeekHead, or of the file's description
_LARGEST = 1024**2  # bytes of any of those that are read


@dataclass(frozen=True, slots=True)
class _Element:
    """An element; `end` is None when its size is not told."""

    kind: int
    start: int
    body: int
    end: int | None


def arrange(known: Known, shape: Shape) -> Pipe | None:
    """Have it read as it is; None if it is something else. Raises as `mp4.arrange`."""
    if known.size <= len(_MAGIC) or known.need(0, len(_MAGIC)) != _MAGIC:
        return None
    ebml = _element(known, 0)
    segment = _element(known, _end_of(ebml, known.size))
    if segment.kind != _SEGMENT:
        raise Doubt("the first element is not a segment")
    before, cluster = _before_clusters(known, segment, shape)
    _see_description(known, before)
    heads = [element for element in before if element.kind == _SEEK_HEAD]
    places = {
        (kind, segment.body + place)
        for head in heads
        for kind, place in _places(known, head)
        if segment.body + place >= cluster
    }
    tags = _tags(known, places)
    if any(kind in (_ATTACHMENTS, _INFO, _TRACKS, _SEEK_HEAD) for kind, _ in places):
        raise Doubt("some headers are at the end of the file")
    sample: list[Piece] = []
    at = 0
    for head in heads:
        # Places would be wrong where something is put in.
        end = _end_of(head, known.size)
        sample += [Span(at, head.start), _void(end - head.start)]
        at = end
    end = min(cluster + shape.sample, known.size)
    sample += [Span(at, cluster), tags, Span(cluster, end)]
    known.need_all(*(piece for piece in sample if isinstance(piece, Span)))
    return Pipe("Matroska", (Span(0, known.size),), tidied(sample))


def _before_clusters(known: Known, segment: _Element, shape: Shape) -> tuple[list[_Element], int]:
    """Return the elements before the first cluster, and where that begins."""
    found: list[_Element] = []
    at = segment.body
    while len(found) < _MOST_BEFORE:
        element = _element(known, at)
        if element.kind == _CLUSTER:
            return found, at
        found.append(element)
        at = _end_of(element, known.size)
        if at > shape.largest_sample - shape.sample:
            break
    raise Doubt("the first cluster comes too late")


def _see_description(known: Known, before: list[_Element]) -> None:
    kinds = [element.kind for element in before]
    if kinds.count(_INFO) != 1 or kinds.count(_TRACKS) != 1:
        raise Doubt("the headers are not before the clusters")
    info = before[kinds.index(_INFO)]
    if not any(element.kind == _DURATION for element in _inside(known, info)):
        # ffprobe guesses it from the size of the file.
        raise Doubt("the duration is missing")


def _places(known: Known, head: _Element) -> list[tuple[int, int]]:
    """Return what stands where, counted from the beginning of the segment's content."""
    found = []
    for entry in _inside(known, head):
        if entry.kind != _SEEK:
            continue
        values = {
            element.kind: int.from_bytes(known.need(element.body, _end_of(element, known.size)))
            for element in _inside(known, entry)
            if element.kind in (_SEEK_ID, _SEEK_POSITION)
        }
        if len(values) != 2:
            raise Doubt("an index entry is incomplete")
        found.append((values[_SEEK_ID], values[_SEEK_POSITION]))
    return found


def _tags(known: Known, places: set[tuple[int, int]]) -> bytes:
    """Return the tags that stand behind the clusters; empty when there are none."""
    starts = [place for kind, place in places if kind == _TAGS and place < known.size]
    if not starts:
        return b""
    # The tags of a file that was cut off are lost, also in the whole file.
    tags = _element(known, starts[0])
    end = _end_of(tags, known.size)
    if len(starts) > 1 or tags.kind != _TAGS or end - tags.start > _LARGEST:
        raise Doubt("the tags are not where the index says")
    return known.need(tags.start, end)


def _inside(known: Known, parent: _Element) -> list[_Element]:
    """Return the elements in another."""
    end = _end_of(parent, known.size)
    if end - parent.body > _LARGEST:
        raise Doubt("a header is too long")
    known.need(parent.body, end)
    found: list[_Element] = []
    at = parent.body
    while at < end:
        if len(found) == _MOST_INSIDE:
            raise Doubt("a header has too many elements")
        found.append(_element(known, at))
        at = _end_of(found[-1], end)
    return found


def _element(known: Known, at: int) -> _Element:
    head = known.need(at, min(at + 12, known.size))
    length = _length(head, 0, 4)
    kind = int.from_bytes(head[:length])
    body = length + _length(head, length, 8)
    if body > len(head):
        raise Doubt("it ends in the middle of an element")
    bits = 7 * (body - length)
    size = int.from_bytes(head[length:body]) & ((1 << bits) - 1)
    unknown = size == (1 << bits) - 1
    return _Element(kind, at, at + body, None if unknown else at + body + size)


def _length(head: bytes, at: int, most: int) -> int:
    """Return how many bytes a number has: one more than its first byte has leading zeros."""
    length = 9 - head[at].bit_length() if at < len(head) else most + 1
    if length > most:
        raise Doubt("a number is invalid")
    return length


def _end_of(element: _Element, limit: int) -> int:
    if element.end is None or element.end > limit:
        raise Doubt("the size of an element is unknown or too large")
    return element.end


def _void(size: int) -> bytes:
    """Return an element of a size, of at least 5 bytes, that says nothing."""
    count = 8 if size >= 9 else 1
    body = size - 1 - count
    marked = body | 1 << 7 * count
    return bytes([_VOID]) + marked.to_bytes(count) + bytes(body)
