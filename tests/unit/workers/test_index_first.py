"""The front of an MP4 with its index first, made of a file that has it last."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import TransientError
from tests.hostile.boxes import box
from tests.support.movies import Movie
from workers.formats.boxes import Box, top_level
from workers.formats.chunks import read_tracks
from workers.outputs.mp4 import index_first, media_end

KEPT = 4096


def laid(path: Path, data: bytes, hole: int) -> Path:
    """Write a movie with a hole at the beginning of its media, behind the head of that box."""
    boxes = {each.kind: each for each in top_level(len(data), lambda start, end: data[start:end])}
    media = boxes[b"mdat"]
    size = media.end - media.start + hole
    assert size < 1 << 32
    with path.open("wb") as file:
        file.write(data[: media.start] + size.to_bytes(4) + b"mdat")
        file.seek(hole, 1)
        file.write(data[media.body :])
    return path


def chunks(index: bytes) -> list[tuple[int, int]]:
    tracks = read_tracks(index, Box(b"moov", 0, 8, len(index)))
    return [(chunk.start, chunk.end) for track in tracks for chunk in track.chunks()]


@pytest.mark.parametrize("spare", [0, 7, 8, 5000])
@pytest.mark.parametrize("long", [False, True], ids=["short places", "long places"])
@pytest.mark.parametrize("large", [False, True], ids=["small", "just below 4 GiB"])
def test_every_place_is_where_its_bytes_are(
    tmp_path: Path, long: bool, large: bool, spare: int
) -> None:
    movie = Movie(long=long, extra=box(b"udta", bytes(10_000)))
    # The last place is below 4 GiB, and no more once the index is in front of it.
    hole = (1 << 32) - movie.encode().index(b"moov") if large else 0
    data = replace(movie, away=hole).encode()
    path = laid(tmp_path / "film.mp4", data, hole)
    # As long as it is without an empty box, and so much more.
    wanted = index_first(path, tmp_path / "as it is", KEPT).length + spare
    front = index_first(path, tmp_path / "front", KEPT, wanted)
    spare = spare if spare >= 8 else 0
    made = read(front.path, front.length)
    boxes = top_level(front.path.stat().st_size, lambda start, end: made[start:end])
    ftyp, moov = next(boxes), next(boxes)
    assert (ftyp.kind, moov.kind) == (b"ftyp", b"moov")
    index = made[moov.start : moov.end]
    assert (b"co64" in index) == (long or large)
    before = data[data.index(b"moov") - 4 :]
    by = len(index) + spare
    assert chunks(index) == [(start + by, end + by) for start, end in chunks(before)]
    if spare:
        assert made[moov.end : moov.end + spare] == box(b"free", bytes(spare - 8))
    # What lies behind the index is the file, as far as it was kept; the rest comes from there.
    assert made[moov.end + spare :] == read(path, KEPT)[ftyp.end :]
    assert front.rest == path.stat().st_size - len(before)
    assert front.path.stat().st_size == by + front.rest


def read(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, Movie(("ftyp", "mdat")).encode(), Movie(("ftyp", "moov", "mdat")).encode(),
     Movie().encode()[:-1], Movie().encode() + box(b"free")],
    ids=["empty", "zeros", "no index", "index first", "cut", "something behind"],
)  # fmt: skip
def test_what_ffmpeg_does_not_write_is_no_film(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(data)
    with pytest.raises(TransientError, match=r"film\.mp4 is not as it should be"):
        index_first(tmp_path / "film.mp4", tmp_path / "front", KEPT)


def test_an_index_that_is_being_written_is_no_media(tmp_path: Path) -> None:
    path, data = tmp_path / "film.mp4", Movie(("ftyp", "free", "mdat", "moov")).encode()
    assert media_end(path) == 0
    start, moov = data.index(b"mdat") - 4, data.index(b"moov") - 4
    growing = data[:start] + bytes(4) + data[start + 4 :]
    for size in (0, 10, start + 4):
        path.write_bytes(growing[:size])
        assert media_end(path) == 0
    for size in (start + 8, start + 1000, moov):
        path.write_bytes(growing[:size])
        assert media_end(path) == size
    for size in (moov, moov + 1, len(data)):
        path.write_bytes(data[:size])
        assert media_end(path) == moov
