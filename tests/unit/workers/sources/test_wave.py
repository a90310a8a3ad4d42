"""Sound that ends before its header says is known by its bytes."""

import struct

import pytest

from workers.formats.wave import missing


def wave(said: int, there: int, magic: bytes = b"RIFF") -> bytes:
    format_chunk = struct.pack("<4sI16x", b"fmt ", 16)
    note = struct.pack("<4sI", b"LIST", 3) + b"abc\0"  # of odd length, with its padding
    return (
        magic
        + b"\0\0\0\0WAVE"
        + format_chunk
        + note
        + struct.pack("<4sI", b"data", said)
        + (bytes(there))
    )


def gone(data: bytes) -> float:
    return missing(len(data), lambda start, end: data[start:end])


def test_all_is_there() -> None:
    assert not gone(wave(1000, 1000))
    assert not gone(wave(1000, 1200))


def test_the_end_is_missing() -> None:
    assert gone(wave(10_000, 5000)) == 0.5
    assert not gone(wave(10_000, 9956))  # its header was counted


@pytest.mark.parametrize("said", [0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF, 0])
def test_who_does_not_know_the_length_promises_nothing(said: int) -> None:
    assert not gone(wave(said, 90_000))


def test_other_files() -> None:
    assert not gone(wave(10_000, 5000, b"RF64"))
    assert not gone(b"RIFF")
    assert not gone(b"")
