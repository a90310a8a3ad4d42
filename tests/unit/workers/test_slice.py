"""A stretch of a file reads like a file of its own."""

import os
from pathlib import Path

import pytest

from workers.outputs.file_range import Slice


@pytest.fixture
def stretch(tmp_path: Path) -> Slice:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(100)))
    return Slice(file, 10, 20)


def test_only_the_stretch_is_read_and_again_after_a_seek(stretch: Slice) -> None:
    with stretch:
        assert len(stretch) == 20
        assert stretch.read(5) == bytes(range(10, 15))
        assert stretch.read() == bytes(range(15, 30))
        assert stretch.read() == b""
        assert stretch.seek(0) == 0
        assert stretch.read(1000) == bytes(range(10, 30))


def test_places_are_counted_within_the_stretch(stretch: Slice) -> None:
    with stretch:
        assert stretch.seek(0, os.SEEK_END) == 20
        assert stretch.seek(-5, os.SEEK_CUR) == stretch.tell() == 15
        assert stretch.read() == bytes(range(25, 30))
        assert stretch.seek(-50) == 0
        assert stretch.seek(50) == 20


def test_a_file_that_has_become_shorter_is_told(stretch: Slice, tmp_path: Path) -> None:
    os.truncate(tmp_path / "file", 15)
    with stretch:
        assert stretch.read(20) == bytes(range(10, 15))
        with pytest.raises(OSError, match="shorter") as told:
            stretch.read(20)
        assert stretch.error is told.value
