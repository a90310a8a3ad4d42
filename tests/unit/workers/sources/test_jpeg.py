"""Where a JPEG picture ends."""

from pathlib import Path

import pytest

from workers.formats.jpeg import end_of_picture, is_cut, keep_first

# A segment that has a whole picture in it, as Exif has; then a scan with a stuffed 0xFF and a
# restart marker.
_PICTURE = (
    b"\xff\xd8\xff\xe1\x00\x08\xff\xd8\xff\xd9ab\xff\xff\xda\x00\x03x1\xff\x002\xff\xd03\xff\xd9"
)


@pytest.mark.parametrize("behind", [b"", _PICTURE, b"\0\0\0\x18ftypmp42"])
def test_it_ends_at_its_own_end(behind: bytes) -> None:
    assert end_of_picture(_PICTURE + behind) == len(_PICTURE)


def test_two_scans() -> None:
    progressive = _PICTURE[:-2] + b"\xff\xda\x00\x02yy\xff\xd9"
    assert end_of_picture(progressive + b"behind") == len(progressive)


@pytest.mark.parametrize("length", range(len(_PICTURE)))
def test_one_that_is_cut_has_no_end(length: int) -> None:
    assert end_of_picture(_PICTURE[:length]) is None


def test_others_are_none() -> None:
    assert end_of_picture(b"\x89PNG\r\n\x1a\n" + _PICTURE) is None
    assert end_of_picture(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 20_000 + b"\xff\xd9") is None


def test_what_lies_behind_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (_PICTURE + b"film", _PICTURE, b"other", b""):
        file.write_bytes(content)
        assert keep_first(file) == content.endswith(b"film")
        assert file.read_bytes() == content.removesuffix(b"film")


# The end of one may be missing.
SMALL = b"\xff\xd8\xff\xda\0\x02small\xff\xd9"
NOTES = b"\xff\xe1" + (len(SMALL) + 2).to_bytes(2, "big") + SMALL
HEAD = b"\xff\xd8" + NOTES + b"\xff\xff\xdb\0\x03\0"
SCAN = b"\xff\xda\0\x03\0" + b"picture\xff\0picture"


def test_a_picture_that_ends() -> None:
    assert not is_cut(HEAD + SCAN + b"\xff\xd9")
    assert not is_cut(HEAD + SCAN + SCAN + b"\xff\xd9 and a film behind it")


def test_a_picture_that_does_not() -> None:
    assert is_cut(HEAD + SCAN)
    assert is_cut(HEAD + SCAN + SCAN[:9])


def test_what_is_none_is_not_cut() -> None:
    for data in (b"", b"\xff", b"\xff\xd8", b"\x89PNG", HEAD, b"\xff\xd8\0\0" + SCAN):
        assert not is_cut(data)
