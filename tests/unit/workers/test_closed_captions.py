"""Captions are found where pictures hide them, and written so that FFmpeg reads them."""

import pytest

from tests.support.captioned import message, sei
from workers.ffmpeg.text_output import text_outputs
from workers.formats.closed_captions import pairs_of, scc_of
from workers.media.texts import CAPTIONED, TextStream, hidden_in

HELLO = (0x94, 0x20)


def sample(*nals: bytes) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def of_hevc(payload: bytes, kind: int = 39) -> bytes:
    return bytes([kind << 1, 1]) + sei(payload)[1:]


def test_they_are_in_user_data_of_each_codec() -> None:
    hidden = message(HELLO)
    slices = b"\x65" + b"\x11" * 40
    assert pairs_of(sample(sei(hidden), slices), "h264") == bytes(HELLO)
    assert pairs_of(sample(of_hevc(hidden), slices), "hevc") == bytes(HELLO)
    assert pairs_of(sample(of_hevc(hidden, 40)), "hevc") == bytes(HELLO)
    codes = b"\0\0\0\1" + sei(hidden) + b"\0\0\1" + slices
    assert pairs_of(codes, "h264") == bytes(HELLO)
    user_data = b"\0\0\1\xb2" + hidden[3:]
    assert pairs_of(b"\0\0\1\0abc" + user_data + b"\0\0\1\1abc", "mpeg2video") == bytes(HELLO)


def test_bytes_that_look_like_a_start_code_are_as_they_were() -> None:
    zero = message((0x80, 0x00))[:-1] + b"\0\0\1\xff"  # which is escaped
    assert pairs_of(sample(sei(zero)), "h264") == b"\x80\x00"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xb5\x00\x31GA94\x03" + bytes([0x81, 0xFF, 0xFC, *HELLO]),  # not to be processed
        b"\xb5\x00\x31GA94\x03" + bytes([0xC1, 0xFF, 0xF8, *HELLO]),  # not valid
        b"\xb5\x00\x31GA94\x03" + bytes([0xC1, 0xFF, 0xFD, *HELLO]),  # the second field
        b"\xb5\x00\x31GA94\x03" + bytes([0xC1, 0xFF, 0xFE, *HELLO]),  # CEA-708
        b"\xb5\x00\x31GA94\x03" + bytes([0xDF, 0xFF, 0xFC]),  # broken off
        b"\xb5\x00\x31GA94\x06" + bytes([0xC1, 0xFF, 0xFC, *HELLO]),  # bar data
        b"\xb5\x00\x2fGA94\x03" + bytes([0xC1, 0xFF, 0xFC, *HELLO]),  # somebody else's
        b"",
    ],
)
def test_everything_else_is_passed_over(payload: bytes) -> None:
    assert pairs_of(sample(sei(payload)), "h264") == b""
    assert pairs_of(sample(b"\x06\xff\xff"), "h264") == b""
    assert pairs_of(b"\0\0\0\x09\x06", "h264") == b""


def test_they_are_written_in_the_order_in_which_they_are_shown() -> None:
    text = scc_of([(3661.5, b"\x94\x2f"), (1.0, b"\x94\x20\x80\x80"), (1.01, b"\xc8\xe5"),
                   (2.0, b"\x80\x80"), (-0.1, b"\xc8\xe5")])  # fmt: skip
    lines = [line for line in text.splitlines() if line]
    assert lines == ["Scenarist_SCC V1.0", "00:00:01:00\t9420 c8e5", "01:01:01:15\t942f"]
    assert scc_of([(1.0, b"\x80\x80"), (2.0, b"")]) == ""


def test_the_first_captions_alone_are_written() -> None:
    pairs = {
        1: "1420 c845",  # captions: He
        2: "1c20 7a7a 1c2f",  # those of another language
        3: "142f",
        4: "142a 3c68",  # text: links of television
        5: "1425 cc4f",  # captions again
    }
    text = scc_of((float(at), bytes.fromhex(each)) for at, each in pairs.items())
    assert [line.split("\t")[1] for line in text.splitlines() if "\t" in line] == [
        "1420 c845", "142f", "1425 cc4f",
    ]  # fmt: skip


def test_pictures_without_times_hide_none_that_can_be_read() -> None:
    assert hidden_in(0, "h264", "mpegts")
    assert not hidden_in(0, "mpeg2video", "mpeg")
    assert not hidden_in(0, "vp9", "matroska,webm")


def test_every_codec_that_hides_some_has_its_units() -> None:
    for codec in CAPTIONED:
        assert "filter_units" in " ".join(
            text_outputs([TextStream(0, "mp4", within=codec)], "out", [])
        )
