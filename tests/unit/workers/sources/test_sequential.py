"""What is sent of Matroska, transport streams and Flash video, and what ffprobe is shown."""

import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.formats.known import Known, Piece, Span
from workers.formats.shape import DEFAULT_SHAPE, Pipe
from workers.sources.choose import NO_SENSE, WholeFile, choose

SMALL = replace(DEFAULT_SHAPE, head=2000, tail=500, sample=1000, long_tail=1000)


def chosen(data: bytes) -> Pipe | WholeFile:
    return choose(Known(len(data)).plus(0, data), SMALL)


def shown(data: bytes, pieces: Sequence[Piece]) -> bytes:
    known = Known(len(data)).plus(0, data)
    return b"".join(map(known.bytes_of, pieces))


# Matroska


def element(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes.fromhex(kind) + (1 << 56 | len(body)).to_bytes(8) + body


def seek(kind: str, place: int) -> bytes:
    return element(
        "4DBB", element("53AB", bytes.fromhex(kind)), element("53AC", struct.pack(">Q", place))
    )


INFO = element("1549A966", element("4489", struct.pack(">d", 1000.0)))
TRACKS = element("1654AE6B", bytes(60))
TAGS = element("1254C367", b"how long each track is")
CLUSTER = element("1F43B675", bytes(range(250)) * 20)
HEAD = element("1A45DFA3", element("4282", b"matroska"))


def matroska(
    *, info: bytes = INFO, tracks: bytes = TRACKS, tail: bytes = TAGS, kind: str = "1254C367",
    away: int = 0,
) -> bytes:  # fmt: skip
    def content(place: int) -> bytes:
        return element("114D9B74", seek(kind, place)) + info + tracks + CLUSTER

    place = len(content(0))
    return HEAD + element("18538067", content(place + away), tail)


def test_the_tags_at_the_end_are_shown_before_the_clusters() -> None:
    data = matroska()
    found = chosen(data)
    assert isinstance(found, Pipe)
    assert found.stream == (Span(0, len(data)),)
    sample = shown(data, found.sample)
    cluster = data.index(CLUSTER)
    assert sample.index(TAGS) < sample.index(CLUSTER[:900])
    assert len(sample) == cluster + len(TAGS) + SMALL.sample
    assert bytes.fromhex("114D9B74") not in sample  # what it says is not so any more
    assert sample.index(INFO) == data.index(INFO)


def test_a_film_that_was_cut_off_has_no_tags_any_more() -> None:
    data = matroska()
    cut = data[: data.index(TAGS) - 100]
    # The whole of it says that it is longer than it is, as the recording did.
    found = chosen(cut)
    assert isinstance(found, Pipe | WholeFile)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (matroska(info=element("1549A966")), "duration is missing"),
        (matroska(info=b""), "not before"),
        (matroska(tracks=b""), "not before"),
        (matroska(kind="1941A469"), "at the end"),
        (matroska(kind="1654AE6B"), "at the end"),
        (matroska(away=-3), "unknown or too large"),
        (matroska(tail=element("1254C367", bytes(2 * 1024**2))), "not where the index says"),
        (HEAD + element("18538067", element("EC") * 100), "too late"),
        (HEAD, "invalid"),
        (HEAD + b"\0" * 100, "invalid"),
    ],
)
def test_what_is_not_plain_is_fetched_whole(data: bytes, reason: str) -> None:
    found = chosen(data)
    assert isinstance(found, WholeFile)
    assert reason in found.reason


# Transport streams


def packet(pid: int, payload: bytes, *, begins: bool = False) -> bytes:
    head = struct.pack(">BHB", 0x47, pid | (0x4000 if begins else 0), 0x10)
    return head + payload.ljust(184, b"\xff")


def table(kind: int, content: bytes) -> bytes:
    body = bytes(5) + content + bytes(4)
    return b"\0" + struct.pack(">BH", kind, 0xB000 | len(body)) + body


PAT = packet(0, table(0, struct.pack(">HHHH", 0, 0xE010, 1, 0xE000 | 4096)), begins=True)
PMT = packet(4096, table(2, bytes(9)), begins=True)
FILM = b"".join(packet(256, bytes([number % 250])) for number in range(60))


def test_a_transport_stream_is_shown_without_its_middle() -> None:
    data = PAT + PMT + FILM
    found = chosen(data)
    assert isinstance(found, Pipe)
    assert found.stream == (Span(0, len(data)),)
    head, tail = found.sample
    assert isinstance(head, Span)
    assert isinstance(tail, Span)
    assert (head.start, head.end) == (0, 10 * 188)
    assert tail.start % 188 == 0
    assert tail.end == len(data)
    with_times = b"".join(bytes(4) + data[at : at + 188] for at in range(0, len(data), 188))
    assert isinstance(chosen(with_times), Pipe)


@pytest.mark.parametrize("first", [FILM, PAT + FILM + PMT, PMT + FILM, PAT[:7] + PAT + PMT])
def test_a_stream_whose_tables_come_later_is_fetched_whole(first: bytes) -> None:
    assert isinstance(chosen(first + FILM), WholeFile)


# Flash video, and others


def test_flash_video_is_shown_with_its_last_tag() -> None:
    data = b"FLV\x01" + bytes(9000)
    found = chosen(data)
    assert isinstance(found, Pipe)
    assert found.sample == (Span(0, 2000), Span(len(data) - 500, len(data)))


@pytest.mark.parametrize("data", [b"RIFF\0\0\0\0AVI ", b"", b"\0\0\1\xba" * 100, b"OggS" * 100])
def test_whatever_else_it_is_it_is_fetched_whole(data: bytes) -> None:
    found = chosen(data)
    assert isinstance(found, WholeFile)
    assert "seek" in found.reason


@settings(max_examples=300, deadline=None)
@given(
    plain=st.sampled_from([matroska(), PAT + PMT + FILM]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 200),
)
def test_nothing_of_a_stranger_s_file_gets_further_than_a_doubt(
    plain: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(plain)
    for place, value in changes:
        data[place] = value
    found = chosen(bytes(data[: len(data) - cut]))
    assert isinstance(found, Pipe | WholeFile)
    assert isinstance(found, Pipe) or found.reason != NO_SENSE
