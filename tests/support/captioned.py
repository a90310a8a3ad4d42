"""Films with closed captions (CEA-608) hidden in their pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

RATE = 30
_NOTHING = (0x80, 0x80)
_LOAD, _CLEAR, _ROW, _SHOW = (0x14, 0x20), (0x14, 0x2E), (0x14, 0x70), (0x14, 0x2F)


def pairs(texts: Mapping[int, str], many: int) -> list[tuple[int, int]]:
    """Return the pair of each of so many pictures; each text is shown from its picture on."""
    found = [_NOTHING] * many
    for shown, text in texts.items():
        padded = text + " " * (len(text) % 2)
        letters = [(ord(a), ord(b)) for a, b in zip(padded[::2], padded[1::2], strict=True)]
        words = [*[_LOAD] * 2, *[_CLEAR] * 2, *[_ROW] * 2, *letters, *[_SHOW] * 2]
        first = shown - len(words) + 1
        found[first : shown + 1] = [(_odd(a), _odd(b)) for a, b in words]
    return found


def message(pair: tuple[int, int]) -> bytes:
    """Return the user data of one pair, as an SEI of T.35 has it."""
    return b"\xb5\x00\x31GA94\x03" + bytes([0xC1, 0xFF, 0xFC, *pair, 0xFF])


def sei(payload: bytes) -> bytes:
    """Return an SEI of H.264 with this message."""
    data = bytes([6, 4, len(payload)]) + payload + b"\x80"
    return re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", data)


def captioned(
    make: Callable[..., Path], path: Path, texts: Mapping[int, str], *codec: str, seconds: int = 3
) -> Path:
    """Make a film with captions in the pictures of a codec, by an encoder that passes them on.

    `make` runs FFmpeg; the last of what it is given is the file.
    """
    plain = make(
        path.with_name("plain.h264"),
        *("-f", "lavfi", "-i", f"testsrc2=s=320x180:r={RATE}:d={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-x264-params", "aud=1"),
    )
    delimiter = b"\0\0\0\1\x09"
    _, *pictures = plain.read_bytes().split(delimiter)
    hidden = path.with_name("hidden.h264")
    hidden.write_bytes(
        b"".join(
            delimiter + picture[:1] + b"\0\0\0\1" + sei(message(pair)) + picture[1:]
            for picture, pair in zip(pictures, pairs(texts, len(pictures)), strict=True)
        )
    )
    return make(
        path,
        *("-framerate", str(RATE), "-i", str(hidden)),
        *("-f", "lavfi", "-i", f"sine=d={seconds}", "-c:a", "aac", *codec, "-a53cc", "1"),
    )


def _odd(letter: int) -> int:
    return letter | (0x80 if letter.bit_count() % 2 == 0 else 0)
