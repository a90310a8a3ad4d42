"""Captions are read as people write them, and a fault is told with its line."""

import pytest

from core.captions.cues import MOST_BYTES, MOST_CHARS, MOST_CUES, Cue, UnreadableError, written
from core.captions.reading import read

_VTT = """\
WEBVTT - made by hand
Kind: captions

STYLE
::cue { background: url(https://elsewhere.example/) }

NOTE
nothing to see

first
00:01.500 --> 00:03.000 align:start line:0 region:r1 onload:x
<v Anna>Good <b>morning</b>
second line

100
01:00:02.000 --> 01:00:04.000
Fish &amp; chips
"""
_SRT = (
    "\ufeff1\r\n00:00:03,000 --> 00:00:04,500 X1:40 X2:600\r\n<font color=red>Later</font>\r\n\r\n"
    "2\r\n00:00:01,5 --> 00:00:02,000\r\n{\\an8}Wait -- <i>what?\r\n\r\n3\r\n"
)


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(UnreadableError) as caught:
        read(text)
    return [(fault.code, fault.message) for fault in caught.value.faults]


def test_webvtt_is_read() -> None:
    assert read(_VTT) == [
        Cue(1500, 3000, "Good <b>morning</b>\nsecond line", "align:start line:0"),
        Cue(3602000, 3604000, "Fish &amp; chips"),
    ]


def test_srt_is_read_in_the_order_of_its_times() -> None:
    assert read(_SRT) == [
        Cue(1500, 2000, "Wait -- <i>what?</i>"),
        Cue(3000, 4500, "Later"),
    ]


@pytest.mark.parametrize("text", [_VTT, _SRT])
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    cues = read(text)
    assert read(written(cues)) == cues


def test_it_is_written_as_webvtt() -> None:
    assert written(read(_SRT)) == (
        "WEBVTT\n\n00:00:01.500 --> 00:00:02.000\nWait -- <i>what?</i>\n\n"
        "00:00:03.000 --> 00:00:04.500\nLater\n"
    )


def test_every_fault_is_told_with_its_line() -> None:
    text = (
        "1\n00:00:01,000 -> 00:00:02,000\nA\n\n"
        "2\n00:00:03,000 --> 00:00:02,000\nB\n\n"
        "3\n00:00:61,000 --> 00:01:02,000\nC\n\n"
        "4\n00:00:05,000 --> 00:00:06,000\nD\n5\n00:00:07,000 --> 00:00:08,000\nE\n\n"
        "lost\n\n"
    )
    assert faults(text) == [
        ("bad_time", "Line 2: a time is expected here, such as 00:01:02.500 --> 00:01:04.000."),
        ("bad_order", "Line 6: the text ends before it begins."),
        ("bad_time", "Line 10: minutes and seconds go from 0 to 59, hours to 99."),
        ("no_empty_line", "Line 17: an empty line is missing before the next time."),
        ("bad_time", "Line 20: a time is expected here, such as 00:01:02.500 --> 00:01:04.000."),
    ]


@pytest.mark.parametrize("text", ["", "Hello", "<html>", "{}", "WEBVTTX\n\n", "\x00\x01"])
def test_what_is_neither_is_refused(text: str) -> None:
    assert [code for code, _ in faults(text)] == ["not_captions"]


@pytest.mark.parametrize(
    "text", ["WEBVTT", "WEBVTT\n\nNOTE nothing", "WEBVTT\n\n00:01.000 --> 00:02.000\n<b></b>\n"]
)
def test_no_text_is_refused(text: str) -> None:
    assert [code for code, _ in faults(text)] == ["no_cues"]


def test_how_much_there_may_be() -> None:
    one = "00:01.000 --> 00:02.000\n{}\n\n"
    assert faults("WEBVTT\n\n" + one.format("a" * MOST_CHARS + "b")) == [
        ("cue_too_long", f"Line 4: a text has at most {MOST_CHARS} characters.")
    ]
    assert faults("WEBVTT\n\n" + one.format("a") * (MOST_CUES + 1)) == [
        ("too_many_cues", f"Line {3 + 3 * MOST_CUES}: there are more than {MOST_CUES} texts.")
    ]
    assert faults("ä" * (MOST_BYTES // 2 + 1))[0][0] == "too_large"
    assert len(faults("WEBVTT\n\n" + "lost\n\n" * 50)) == 10
