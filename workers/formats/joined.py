"""Files that are several, one behind the other: where does the second one begin? Pure.

Recordings can be put into one file in that way if they are transport streams. In these containers
players show the first one alone.

Sources: ISO/IEC 14496-12, 4.2 (boxes); RFC 8794, 6 (EBML); Adobe Flash Video File Format 10.1,
annex E.2; RFC 3533, 6 (pages of Ogg).
"""

from collections.abc import Callable

# Returns the bytes of a file from one place to another, as far as it has them.
Read = Callable[[int, int], bytes]

_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_MOST_STEPS = 10_000
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_FLASH, _FLASH_BODY = b"FLV\x01", b"\0\0\0\x09\0\0\0\0"
_OGG, _OGG_FIRST = b"OggS", b"OggS\0\x02"  # that of a page, and of the first one of a stream
_CHUNK = 1024**2
_LONGEST_HEAD = 16


def second(size: int, read: Read) -> int | None:
    """Return the byte at which another file begins; None if there is none that one can tell.

    `size` is that of the file, in bytes.
    """
    head = read(0, 8)
    if head[4:] in _BOXES:
        return _mp4(size, read)
    if head[:4] == _EBML:
        return _matroska(read)
    if head[:4] == _FLASH:
        return _find(_FLASH, 1, size, read, lambda at: read(at + 5, at + 13) == _FLASH_BODY)
    if head[:4] == _OGG:
        return _find(_OGG_FIRST, _behind_first_pages(read), size, read, lambda _: True)
    return None


def _mp4(size: int, read: Read) -> int | None:
    """Look for a second index. Fragments may each follow on one; those are read."""
    at, begins, found = 0, 0, None
    indexes = 0
    for _ in range(_MOST_STEPS):
        head = read(at, at + 16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if name == b"moof":
            return None
        if name == b"ftyp" or (name == b"moov" and not begins):
            begins = at
        if name == b"moov":
            indexes += 1
            found = begins if indexes == 2 else found
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        at += length
        if length < 8 or at >= size:
            return found
    return None


def _matroska(read: Read) -> int | None:
    """Look behind the segment, if its length is told."""
    end = _end(read, 0, _EBML)
    end = None if end is None else _end(read, end, _SEGMENT)
    return end if end is not None and read(end, end + 4) == _EBML else None


def _end(read: Read, at: int, kind: bytes) -> int | None:
    """Return where an element ends; None if it is another one, or does not say it."""
    head = read(at, at + 12)
    if head[:4] != kind or len(head) < 5 or not head[4]:
        return None
    length = 9 - head[4].bit_length()
    value = int.from_bytes(head[4 : 4 + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else at + 4 + length + value


def _behind_first_pages(read: Read) -> int:
    """Return where the first page is that begins no stream; those that do are all before."""
    at = 0
    for _ in range(_MOST_STEPS):
        head = read(at, at + 27)
        if head[:6] != _OGG_FIRST or len(head) < 27:
            break
        at += 27 + head[26] + sum(read(at + 27, at + 27 + head[26]))
    return at


def _find(
    mark: bytes, start: int, size: int, read: Read, proves: Callable[[int], bool]
) -> int | None:
    """Return where a mark is that is proved to be one; a file full of false ones is left alone."""
    tried = 0
    for at in range(start, size, _CHUNK):
        data = read(at, at + _CHUNK + _LONGEST_HEAD)
        found = data.find(mark)
        while 0 <= found < _CHUNK:
            if proves(at + found):
                return at + found
            tried += 1
            if tried == _MOST_STEPS:
                return None
            found = data.find(mark, found + 1)
    return None
