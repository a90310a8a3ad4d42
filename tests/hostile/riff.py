"""AVI files written by hand: moving JPEG, and beside it a subtitle that is anything at all.

Source: "AVI RIFF File Reference" (Microsoft), and the layout of a `GAB2` subtitle chunk as players
read it: `GAB2`, a zero, 2, the length of a title, the title in UTF-16, 4, a length, a whole file.
"""

import struct


def avi_with_subtitle(picture: bytes, subtitle: bytes, side: int = 64, count: int = 25) -> bytes:
    """An AVI of one JPEG shown at 25 a second, with a file as its subtitle."""
    main = struct.pack("<10I16x", 40_000, 0, 0, 0x10, count, 0, 2, 0, side, side)
    headers = _list(
        b"hdrl",
        _chunk(b"avih", main),
        _list(
            b"strl",
            _chunk(b"strh", _stream(b"vids", b"MJPG", 1, 25, count)),
            _chunk(b"strf", struct.pack("<IiiHH4sIiiII", 40, side, side, 1, 24, b"MJPG",
                                        side * side * 3, 0, 0, 0, 0)),
        ),
        _list(
            b"strl",
            _chunk(b"strh", _stream(b"txts", bytes(4), 1, 1, 1)),
            _chunk(b"strf", b""),
        ),
    )  # fmt: skip
    title = "title\0".encode("utf-16-le")
    packed = (
        b"GAB2\0" + struct.pack("<HI", 2, len(title)) + title
        + struct.pack("<HI", 4, len(subtitle)) + subtitle
    )  # fmt: skip
    movie = _list(b"movi", _chunk(b"01tx", packed), _chunk(b"00dc", picture) * count)
    body = b"AVI " + headers + movie
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _stream(kind: bytes, handler: bytes, scale: int, rate: int, length: int) -> bytes:
    return struct.pack(
        "<4s4s12xIIII12x8x", kind, handler, scale, rate, 0, length
    )  # fmt: skip


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(name: bytes, *parts: bytes) -> bytes:
    return _chunk(b"LIST", name + b"".join(parts))
