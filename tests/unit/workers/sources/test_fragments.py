"""What a fragmented MP4 holds is counted, wherever its boxes are broken."""

import struct

from workers.formats.fragments import Fragments, fragments


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def moof(number: int) -> bytes:
    return box(b"moof", box(b"mfhd", struct.pack(">II", 0, number)) + box(b"traf", bytes(40)))


def found(data: bytes) -> Fragments | None:
    return fragments(len(data), lambda start, end: data[start:end])


HEAD = box(b"ftyp", b"isom") + box(b"moov", bytes(100))
MDAT = box(b"mdat", bytes(1000))
FILM = HEAD + b"".join(moof(number) + MDAT for number in (1, 2, 3)) + box(b"mfra", bytes(40))
SECOND = FILM.index(moof(2))


def broken(head: bytes) -> bytes:
    return FILM[:SECOND] + head + FILM[SECOND + len(head) :]


def test_all_of_it() -> None:
    assert found(FILM) == Fragments(3000, in_order=True)


def test_a_file_without_fragments_is_none() -> None:
    assert found(HEAD + MDAT) is None
    assert found(b"") is None


def test_data_whose_header_is_no_more_counts() -> None:
    gone = broken(struct.pack(">I4s", len(moof(2)), bytes(4)))
    assert found(gone) == Fragments(3000, in_order=False)


def test_what_is_behind_the_last_box_counts() -> None:
    rest = len(FILM) - SECOND
    for head in (bytes(8), struct.pack(">I", 3), b"\x55"):
        assert found(broken(head)) == Fragments(1000 + rest, in_order=True)


def test_data_that_was_cut_off_counts_as_far_as_it_is_there() -> None:
    assert found(FILM[: SECOND + len(moof(2)) + 108]) == Fragments(1100, in_order=True)


def test_data_that_goes_on_to_the_end_counts() -> None:
    film = HEAD + moof(1) + struct.pack(">I4s", 0, b"mdat") + bytes(500)
    assert found(film) == Fragments(500, in_order=True)


def test_long_boxes() -> None:
    film = HEAD + moof(1) + struct.pack(">I4sQ", 1, b"mdat", 516) + bytes(500)
    assert found(film) == Fragments(500, in_order=True)


def test_a_fragment_that_is_missing_leaves_a_gap_in_the_numbers() -> None:
    assert found(HEAD + moof(7) + MDAT + moof(8) + MDAT) == Fragments(2000, in_order=True)
    assert found(HEAD + moof(7) + MDAT + moof(9) + MDAT) == Fragments(2000, in_order=False)


def test_some_zeros_at_the_end_only_fill_it_up() -> None:
    assert found(FILM + bytes(9000)) == Fragments(3000, in_order=True)
    assert found(FILM + bytes(90_000)) == Fragments(93_000, in_order=True)
    assert found(FILM + bytes(9000) + b"x") == Fragments(12_001, in_order=True)
