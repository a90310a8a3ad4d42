"""The place where a second file begins is found, and nothing that looks like it."""

from workers.formats.joined import second


def place(data: bytes) -> int | None:
    return second(len(data), lambda start, end: data[start:end])


def box(name: bytes, length: int = 20) -> bytes:
    return (8 + length).to_bytes(4, "big") + name + bytes(length)


def element(kind: bytes, body: bytes) -> bytes:
    return kind + (1 << 56 | len(body)).to_bytes(8, "big") + body


def page(flags: int, body: bytes) -> bytes:
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, len(body)]) + body


MP4 = box(b"ftyp") + box(b"mdat", 90) + box(b"moov")
MKV = element(b"\x1a\x45\xdf\xa3", b"webm") + element(b"\x18\x53\x80\x67", bytes(80))
FLV = b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + bytes(70) + b"FLV\x01"
OGG = page(2, b"sound") + page(2, b"picture") + page(0, b"data") + page(4, b"end")


def test_one_file_is_one() -> None:
    for data in (MP4, MKV, FLV, OGG, b"", b"RIFF"):
        assert place(data) is None
        assert place(data[:-9]) is None


def test_where_the_second_begins() -> None:
    for data in (MP4, MKV, FLV, OGG):
        assert place(data * 2) == len(data)
        assert place(data * 3) == len(data)


def test_far_behind() -> None:
    # Across the border of what is read at once.
    for length in range(1024**2 - 40, 1024**2 + 10, 7):
        data = FLV[:13] + bytes(length)
        assert place(data + FLV) == len(data)


def test_a_large_box_and_one_to_the_end() -> None:
    large = b"\0\0\0\x01mdat" + (40).to_bytes(8, "big") + bytes(24)
    data = box(b"ftyp") + large + box(b"moov")
    assert place(data * 2) == len(data)
    assert place(data + b"\0\0\0\0mdat" + data) is None


def test_an_index_of_fragments_is_read() -> None:
    part = box(b"ftyp") + box(b"moov") + box(b"moof") + box(b"mdat")
    assert place(part * 2) is None


def test_a_segment_that_does_not_say_its_length() -> None:
    live = element(b"\x1a\x45\xdf\xa3", b"webm") + b"\x18\x53\x80\x67\xff" + bytes(80)
    assert place(live * 2) is None


def test_a_file_full_of_false_beginnings_is_left_alone() -> None:
    reads = 0
    data = FLV[:13] + b"FLV\x01" * 200_000 + FLV

    def read(start: int, end: int) -> bytes:
        nonlocal reads
        reads += 1
        return data[start:end]

    assert second(len(data), read) is None
    assert reads < 20_000
