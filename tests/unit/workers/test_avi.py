"""An AVI says how long its chunks are."""

import io
import struct

import pytest

from workers.formats.avi import is_cut


def chunk(name: bytes, length: int) -> bytes:
    return struct.pack("<4sI", name, length) + bytes(length)


WHOLE = chunk(b"RIFF", 1000)
LARGE = WHOLE + chunk(b"RIFF", 500)  # as OpenDML has it


@pytest.mark.parametrize(
    "data",
    [WHOLE, LARGE, WHOLE + b"what a camera writes behind it", WHOLE[:-8], b"", b"RIFF"],
    ids=["whole", "large", "with more behind it", "length with its head", "empty", "a few bytes"],
)
def test_whole(data: bytes) -> None:
    assert not is_cut(io.BytesIO(data))


@pytest.mark.parametrize("data", [WHOLE[:-20], LARGE[:-20]], ids=["small", "large"])
def test_cut(data: bytes) -> None:
    assert is_cut(io.BytesIO(data))


def test_very_many_chunks_are_no_avi() -> None:
    file = io.BytesIO(chunk(b"RIFF", 0) * 100_000 + chunk(b"RIFF", 100)[:-50])
    assert not is_cut(file)
    assert file.tell() < 100_000
