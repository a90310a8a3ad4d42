"""Raw DV of which a piece is missing is known by the numbers of its blocks."""

import pytest

from workers.formats.dif import misplaced


def film(sequences: int, *, pal: bool) -> bytes:
    rows, flag = (12, 0x80) if pal else (10, 0)
    return b"".join(
        bytes((0x1F, (number % rows) << 4 | 0x07, 0, flag)) + b"\x80" * 11_996
        for number in range(sequences)
    )


def part(data: bytes) -> float:
    return round(misplaced(len(data), lambda start, end: data[start:end]), 2)


@pytest.mark.parametrize("pal", [True, False])
def test_each_block_is_in_its_place(pal: bool) -> None:
    assert part(film(120, pal=pal)) == 0
    assert part(film(120, pal=pal)[:-500]) == 0


@pytest.mark.parametrize("pal", [True, False])
@pytest.mark.parametrize("missing", [12_000, 4 * 80, 1])
def test_all_behind_a_missing_piece_is_in_the_wrong_place(pal: bool, missing: int) -> None:
    whole = film(120, pal=pal)
    assert part(whole[: 60 * 12_000] + whole[60 * 12_000 + missing :]) == pytest.approx(
        0.5, abs=0.1
    )


def test_whole_pictures_that_are_missing_leave_no_trace() -> None:
    whole = film(120, pal=True)
    assert part(whole[: 24 * 12_000] + whole[48 * 12_000 :]) == 0


def test_zeroed_blocks() -> None:
    whole = film(120, pal=True)
    assert part(whole[: 60 * 12_000] + bytes(12 * 12_000) + whole[72 * 12_000 :]) == 0.1


def test_of_another_beginning_nothing_is_said() -> None:
    assert part(b"\xff" * 48_000) == 0
    assert part(b"") == 0
