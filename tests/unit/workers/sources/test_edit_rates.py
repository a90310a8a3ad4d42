"""An edit list that asks for another speed is found, and nothing that looks like it."""

import struct

from tests.hostile.boxes import box
from workers.formats.edit_rates import changes_speed

NORMAL, TWICE, STANDS = 0x00010000, 0x00020000, 0


def odd(data: bytes) -> bool:
    return changes_speed(len(data), lambda start, end: data[start:end])


def film(*rates: int, kind: bytes = b"vide", since: int = 0, long: bool = False) -> bytes:
    form = ">QqI" if long else ">IiI"
    rows = b"".join(struct.pack(form, 100, since, rate) for rate in rates)
    table = box(b"elst", bytes([long, 0, 0, 0]), struct.pack(">I", len(rates)), rows)
    handler = box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(12)))
    trak = box(b"trak", box(b"edts", table), handler)
    return box(b"ftyp", bytes(8)) + box(b"mdat", bytes(50)) + box(b"moov", trak)


def test_normal_speed() -> None:
    for data in (film(NORMAL), film(NORMAL, NORMAL), film(), film(1), b"", b"RIFF"):
        assert not odd(data)


def test_another_speed() -> None:
    assert odd(film(TWICE))
    assert odd(film(TWICE, long=True))
    assert odd(film(NORMAL, 0x00008000, NORMAL))
    assert odd(film(NORMAL, TWICE, kind=b"soun"))


def test_a_picture_that_stands_is_one_of_several_parts() -> None:
    assert odd(film(NORMAL, STANDS))
    assert not odd(film(STANDS))


def test_what_is_not_played_has_no_speed() -> None:
    assert not odd(film(TWICE, since=-1))
    assert not odd(film(TWICE, kind=b"text"))


def test_broken_boxes_end_the_look() -> None:
    data = film(NORMAL, TWICE)
    for length in range(len(data)):
        assert not odd(data[:length])
    assert not odd(data[:4] + b"junk" + bytes(200))
    many = film(TWICE).replace(struct.pack(">I", 1) + struct.pack(">I", 100), b"\xff" * 8)
    assert odd(many)


def test_a_file_of_many_boxes_is_not_read_for_hours() -> None:
    """The boxes of all levels count together, however they are nested."""
    reads = 0
    lists = box(b"edts", b"".join(box(b"elst") for _ in range(100)))
    tracks = box(b"trak", lists * 10)
    data = box(b"moov", tracks * 20)

    def read(start: int, end: int) -> bytes:
        nonlocal reads
        reads += 1
        return data[start:end]

    assert not changes_speed(len(data), read)
    assert reads < 10_000
