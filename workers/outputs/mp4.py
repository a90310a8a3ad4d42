"""Reads the MP4s that FFmpeg writes, and makes the beginning with the index first.

FFmpeg appends pictures and sound to one box. At the end it goes back to write the length of this
box, and then appends the index.
"""

import os
import shutil
import struct
from functools import partial
from pathlib import Path

from core.errors import TransientError
from workers.formats.boxes import Box, inside, top_level
from workers.formats.chunks import numbers
from workers.formats.known import Doubt
from workers.formats.mp4 import moved
from workers.outputs.file_range import Slice
from workers.outputs.upload import Front

_ENDLESS = 1 << 62
_HEAD = 8
# It is held in memory for a moment; that of ten hours with 60 pictures a second has some 70 MB.
_LARGEST_INDEX = 256 * 1024**2
# Bytes of the index that FFmpeg 9.0 writes: 22 for a picture and 6 for 1,024 samples of sound.
_OF_A_PICTURE, _OF_A_SECOND, _BESIDE = 32, 12 * 48_000 // 1024, 16 * 1024
_TO_CHUNKS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


def index_room(pictures: int, seconds: float) -> int:
    """Return how many bytes the index of a video needs, or somewhat more."""
    return pictures * _OF_A_PICTURE + round(seconds * _OF_A_SECOND) + _BESIDE


def media_end(path: Path) -> int:
    """Return up to where a file that grows holds pictures and sound."""
    try:
        with path.open("rb", buffering=0) as file:
            # Asked first: as long as the box does not say how long it is, nothing is behind it.
            size = os.fstat(file.fileno()).st_size
            boxes = top_level(_ENDLESS, partial(_read, file.fileno()))
            return min(size, next(box.end for box in boxes if box.kind == b"mdat"))
    except (FileNotFoundError, Doubt):  # it has hardly begun
        return 0


def index_first(path: Path, target: Path, kept: int, wanted: int = 0) -> Front:
    """Make the beginning of a video from what FFmpeg has written.

    Of the file the first `kept` bytes and the index are there. The file `target` becomes as long as
    the whole video, with a hole where the rest would be, so that ffprobe takes it for the video.
    The beginning has `wanted` bytes, if it is not longer: an empty box makes up for it.

    Raises:
        TransientError: the file is not as FFmpeg writes it.
        OSError: the disk is full or failed.
    """
    with path.open("rb", buffering=0) as file:
        try:
            first, media, moov = _layout(file.fileno())
            end = min(kept, media.end)
            index = _read(file.fileno(), moov.start, moov.end)
            index, spare = _moved_to_front(index, moov, wanted - end)
        except Doubt as error:
            raise TransientError(f"{path.name} is not as it should be written: {error}") from error
        head = _read(file.fileno(), 0, first.end) + index
    with target.open("xb") as made, Slice(path, first.end, end - first.end) as media_kept:
        made.write(head)
        if spare:
            made.write(struct.pack(">I4s", spare, b"free"))
            made.seek(spare - _HEAD, os.SEEK_CUR)
        shutil.copyfileobj(media_kept, made)
        length = made.tell()
        made.truncate(length + media.end - end)
    return Front(target, length, media.end)


def _layout(descriptor: int) -> tuple[Box, Box, Box]:
    """Return the first box, the one with pictures and sound, and the index behind it."""
    boxes = list(top_level(os.fstat(descriptor).st_size, partial(_read, descriptor)))
    if [box.kind for box in (*boxes[:1], *boxes[-2:])] != [b"ftyp", b"mdat", b"moov"]:
        raise Doubt("it has other boxes")
    first, *_, media, moov = boxes
    if moov.end - moov.start > _LARGEST_INDEX:
        raise Doubt("its index is very long")
    return first, media, moov


def _moved_to_front(index: bytes, moov: Box, room: int) -> tuple[bytes, int]:
    """Return an index that is right once it lies in front, and the bytes of `room` that it leaves.

    What it leaves is 0 or large enough for an empty box.
    """
    box = Box(moov.kind, 0, moov.body - moov.start, moov.end - moov.start)
    try:
        spare = _spare(index, room)
        return moved(index, box, moov.start, len(index) + spare), spare
    except Doubt:  # just below 4 GiB: some places pass it by this
        index = _with_long_places(index, box)
        spare, box = _spare(index, room), Box(moov.kind, 0, _HEAD, len(index))
        return moved(index, box, moov.start, len(index) + spare), spare


def _spare(index: bytes, room: int) -> int:
    spare = room - len(index)
    return spare if spare >= _HEAD else 0


def _with_long_places(index: bytes, box: Box) -> bytes:
    """Return a box in which every place of a chunk has 8 bytes instead of 4."""
    if box.kind == b"stco":
        places = numbers(index, box.body + 8, (box.end - box.body) // 4 - 2, "I")
        content = struct.pack(f">II{len(places)}Q", 0, len(places), *places)
        return struct.pack(">I4s", 8 + len(content), b"co64") + content
    if box.kind not in _TO_CHUNKS:
        return index[box.start : box.end]
    content = b"".join(_with_long_places(index, each) for each in inside(index, box))
    return struct.pack(">I4s", 8 + len(content), box.kind) + content


def _read(descriptor: int, start: int, end: int) -> bytes:
    return os.pread(descriptor, end - start, start)
