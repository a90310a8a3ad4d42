"""What is sent of an MP4, in which order, and what is fetched whole instead."""

import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.boxes import box, huge, nested, url_reference
from tests.support.movies import CHUNKS, PLAIN_EDIT, TRACKS, Movie, Track
from workers.formats.boxes import Box, top_level
from workers.formats.chunks import read_tracks
from workers.formats.known import Doubt, Known, Lacking, Span
from workers.formats.mp4 import moved
from workers.formats.shape import DEFAULT_SHAPE, Pipe, Shape
from workers.sources.choose import NO_SENSE, WholeFile, choose

SMALL = Shape(head=4096, tail=2048, sample=3000, largest_sample=500_000, largest_index=20_000)


def chosen(data: bytes, shape: Shape = DEFAULT_SHAPE) -> Pipe | WholeFile:
    return choose(Known(len(data)).plus(0, data), shape)


def decided(known: Known) -> Pipe | WholeFile | tuple[Span, ...]:
    """What is chosen; or what more must be known for that."""
    try:
        return choose(known, SMALL)
    except Lacking as lacking:
        return lacking.spans


def together(data: bytes, pieces: Sequence[object]) -> bytes:
    known = Known(len(data)).plus(0, data)
    return b"".join(known.bytes_of(piece) for piece in pieces)  # type: ignore[arg-type]


def samples(data: bytes) -> list[list[bytes]]:
    """The bytes of the chunks of each track, as the index names them."""
    boxes = list(top_level(len(data), Known(len(data)).plus(0, data).need))
    (moov,) = [each for each in boxes if each.kind == b"moov"]
    index = data[moov.start : moov.end]
    tracks = read_tracks(index, Box(b"moov", 0, moov.body - moov.start, len(index)))
    return [[data[chunk.start : chunk.end] for chunk in track.chunks()] for track in tracks]


LAYOUTS = [
    ("ftyp", "mdat", "moov"),
    ("mdat", "moov"),
    ("ftyp", "free", "mdat", "moov", "free"),
    ("ftyp", "free", "mdat", "free", "moov"),
    ("ftyp", "mdat", "moov", "rest"),
    ("ftyp", "mdat", "rest", "moov"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("open_data", [False, True])
def test_an_index_behind_the_data_is_sent_first(
    layout: tuple[str, ...], long: bool, open_data: bool
) -> None:
    data = Movie(layout, long=long, open_data=open_data).encode()
    found = chosen(data)
    assert isinstance(found, Pipe)
    assert found.rearranged
    sent = together(data, found.stream)
    assert len(sent) == len(data)
    kinds = [each.kind for each in top_level(len(sent), Known(len(sent)).plus(0, sent).need)]
    assert kinds.index(b"moov") == (1 if layout[0] == "ftyp" else 0)
    assert samples(sent) == samples(data)


@pytest.mark.parametrize("layout", [("ftyp", "moov", "mdat"), ("moov", "free", "mdat", "rest")])
def test_an_index_before_the_data_is_left_where_it_is(layout: tuple[str, ...]) -> None:
    data = Movie(layout).encode()
    found = chosen(data)
    assert isinstance(found, Pipe)
    assert not found.rearranged
    assert together(data, found.stream) == data


def test_only_head_tail_and_index_are_looked_at() -> None:
    chunks = [(track, (10 * sizes[0],) * len(sizes)) for track, sizes in CHUNKS] * 2
    data = Movie(("ftyp", "mdat", "moov", "free"), chunks=chunks, before=30_000).encode()
    known, asked = Known(len(data)), 0
    while not isinstance(choice := decided(known), Pipe | WholeFile):
        for span in choice:
            asked += len(span)
            known = known.plus(span.start, data[span.start : span.end])
    assert isinstance(choice, Pipe)
    assert asked < len(data) / 3
    assert (
        b"".join(map(known.bytes_of, choice.sample))
        == together(data, choice.stream)[
            : sum(len(known.bytes_of(piece)) for piece in choice.sample)
        ]
    )


def moved_by(away: int) -> bytes:
    return Movie(away=away).encode()


FAR_APART = [*(each for each in CHUNKS if each[0] == 0), *(each for each in CHUNKS if each[0])]
LATE = struct.pack(">IIiIIiI", 2, 3000, -1, 1 << 16, 0, 0, 1 << 16)
TWICE = struct.pack(">IIiIIiI", 2, 3000, 0, 1 << 16, 3000, 0, 1 << 16)
SLOWLY = struct.pack(">IIiI", 1, 0, 0, 1 << 15)


@pytest.mark.parametrize(
    ("movie", "reason"),
    [
        (Movie(("ftyp", "mdat", "moov", "moov")), "2 indexes"),
        (Movie(("ftyp", "mdat")), "0 indexes"),
        (Movie(away=10**6), "outside the media data"),
        (Movie(away=-20), "outside the media data"),
        (Movie(chunks=FAR_APART), "far apart"),
        (Movie(chunks=()), "no samples"),
        (Movie(extra=box(b"mvex")), "fragmented"),
        (Movie(extra=box(b"mvhd", bytes(100))), "more than one box of type mvhd"),
        (Movie(tracks=(replace(TRACKS[0], edits=TWICE), TRACKS[1])), "edit list"),
        (Movie(tracks=(replace(TRACKS[0], edits=SLOWLY), TRACKS[1])), "edit list"),
        (Movie(tracks=(replace(TRACKS[0], reference=url_reference("file:///x")), TRACKS[1])),
         "another file"),
        (Movie(tracks=(replace(TRACKS[0], ticks=1 << 31), TRACKS[1])), "table of times"),
        (Movie(extra=box(b"trak")), "missing"),
        (Movie(extra=nested(b"trak", 2000)), "missing"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_fetched_whole(movie: Movie, reason: str) -> None:
    found = chosen(movie.encode())
    assert isinstance(found, WholeFile)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Movie().encode() + box(b"moof"), "type moof"),
        (Movie().encode() + box(b"meta", bytes(8)), "type meta"),
        (Movie().encode() + b"\0\0\0", "middle"),
        (Movie().encode() + box(b"free") * 100, "too many"),
        (Movie().encode()[:-10], "larger than"),
        (box(b"ftyp", b"qt  ") + huge(b"moov", 1 << 62), "larger than"),
        (box(b"ftyp", b"qt  ") + huge(b"mdat", 1 << 62), "larger than"),
        (Movie().encode() + huge(b"free", 3), "larger than"),
        (bytes(4) + b"ftyp" + bytes(100), "0 indexes"),
    ],
)
def test_boxes_that_do_not_fit_are_fetched_whole(data: bytes, reason: str) -> None:
    found = chosen(data)
    assert isinstance(found, WholeFile)
    assert reason in found.reason


def test_an_index_beyond_the_bound_is_not_even_read() -> None:
    data = Movie(extra=box(b"free", bytes(20_000))).encode()
    known = Known(len(data)).plus(0, data[:4096]).plus(len(data) - 2048, data[-2048:])
    while not isinstance(choice := decided(known), Pipe | WholeFile):
        for span in choice:
            known = known.plus(span.start, data[span.start : span.start + 16])
    assert isinstance(choice, WholeFile)
    assert "too long" in choice.reason


def test_a_place_that_would_not_fit_any_more_is_not_moved() -> None:
    data = Movie().encode()
    index = data[data.index(b"moov") - 4 :]
    moov = Box(b"moov", 0, 8, len(index))
    largest = len(data) - len(index)
    assert len(moved(index, moov, largest, (1 << 32) - 1 - largest)) == len(index)
    with pytest.raises(Doubt, match="does not fit"):
        moved(index, moov, largest, 1 << 32)


def test_a_track_that_begins_later_is_as_far_as_it_says() -> None:
    """Sound that begins three seconds late may lie three seconds further on."""
    chunks = [*CHUNKS[0:6:2], *CHUNKS[1:2], *CHUNKS[6:]]
    late = (TRACKS[0], replace(TRACKS[1], edits=LATE))
    assert isinstance(chosen(Movie(tracks=late, chunks=chunks).encode()), Pipe)
    plain = (replace(TRACKS[0], edits=PLAIN_EDIT), TRACKS[1])
    assert isinstance(chosen(Movie(tracks=plain).encode()), Pipe)


def test_data_beside_picture_and_sound_may_lie_anywhere() -> None:
    tracks = (*TRACKS, Track(b"tmcd", 10_000))
    assert isinstance(chosen(Movie(tracks=tracks, chunks=[*CHUNKS, (2, (4,))]).encode()), Pipe)


@settings(max_examples=300, deadline=None)
@given(
    layout=st.sampled_from([*LAYOUTS, ("ftyp", "moov", "mdat")]),
    long=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 200),
)
def test_nothing_of_a_stranger_s_index_gets_further_than_a_doubt(
    layout: tuple[str, ...], long: bool, changes: list[tuple[int, int]], cut: int
) -> None:
    plain = Movie(layout, long=long).encode()
    moov = plain.index(b"moov") - 4
    data = bytearray(plain)
    for place, value in changes:
        data[(moov + place) % len(data)] = value
    found = chosen(bytes(data[: len(data) - cut]))
    assert isinstance(found, Pipe | WholeFile)
    if isinstance(found, WholeFile):
        assert found.reason != NO_SENSE  # somebody has thought of it
    else:
        assert len(together(bytes(data), found.stream)) == len(data) - cut
