"""Codecs are named as the standards say, by what the headers of tracks tell."""

import struct

import pytest

from workers.formats.boxes import Box
from workers.formats.codec_names import codec_name
from workers.formats.known import Doubt

_BESIDE = bytes(78)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def named(entry: bytes, kind: bytes, told: bytes) -> str:
    data = box(entry, _BESIDE + box(kind, told) + box(b"colr", b"nclx"))
    return codec_name(data, Box(entry, 0, 8, len(data)))


@pytest.mark.parametrize(
    ("entry", "kind", "told", "name"),
    [
        (b"avc1", b"avcC", "01640028ffe1", "avc1.640028"),
        (b"hvc1", b"hvcC", "0101600000009000000000005df0", "hvc1.1.6.L93.90"),
        # The examples of ISO/IEC 14496-15 annex E: Main 10, high tier; several constraints.
        (b"hvc1", b"hvcC", "0122200000009000000000007bf0", "hvc1.2.4.H123.90"),
        (b"hvc1", b"hvcC", "014160000000b0000000000096f0", "hvc1.A1.6.L150.B0"),
        (b"hvc1", b"hvcC", "0101600000000000000000005df0", "hvc1.1.6.L93"),
        (b"av01", b"av1C", "81050c00", "av01.0.05M.08"),
        (b"av01", b"av1C", "8109cc00", "av01.0.09H.10"),
        (b"av01", b"av1C", "814d6c00", "av01.2.13M.12"),
    ],
)
def test_a_codec_has_the_name_that_players_know(
    entry: bytes, kind: bytes, told: str, name: str
) -> None:
    assert named(entry, kind, bytes.fromhex(told)) == name


@pytest.mark.parametrize(
    ("entry", "kind", "told"),
    [
        (b"hev1", b"hvcC", "0101600000009000000000005df0"),
        (b"hvc1", b"hvcC", "010160000000900000000000"),
        (b"hvc1", b"avcC", "01640028"),
        (b"av01", b"av1C", ""),
        (b"avc1", b"avcC", "0164"),
    ],
)
def test_what_is_not_ours_or_not_whole_has_none(entry: bytes, kind: bytes, told: str) -> None:
    with pytest.raises(Doubt):
        named(entry, kind, bytes.fromhex(told))
