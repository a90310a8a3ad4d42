"""What ffprobe writes of frames is read, of FFmpeg 5 as of FFmpeg 8."""

from workers.ffmpeg.frames import parse_frames
from workers.media.damage import Frame

BROKEN = "log|[h264 @ 0x7f63] error while decoding MB 9 11"
HARMLESS = (
    "log|[h264 @ 0x7f63] number of reference frames (0+3) exceeds max (2; probably corrupt input)"
)


def test_in_one_line() -> None:
    text = f"frame|1.400|0.040|{HARMLESS}\nframe|1.440|0.040|{BROKEN}{BROKEN}\nformat|avi|1.400\n"
    assert parse_frames(text) == [Frame(0.0, 0.04, False), Frame(1.44 - 1.4, 0.04, True)]


def test_in_several_lines() -> None:
    text = f"frame|0.000|0.040|{HARMLESS}\n{BROKEN}\nframe|0.040|N/A|\nformat|avi|N/A\n"
    assert parse_frames(text) == [Frame(0.0, 0.04, True), Frame(0.04, 0.0, False)]


def test_what_has_no_time_is_passed_over() -> None:
    assert parse_frames(f"{BROKEN}\nframe|N/A|N/A|\nformat|avi|0.000\n") == []
    assert parse_frames("") == []


def test_what_is_said_of_a_frame_without_a_time_is_of_no_other() -> None:
    text = f"frame|0.000|0.040|\nframe|N/A|N/A|log|\n{BROKEN}\nframe|0.040|0.040|{BROKEN}\n"
    assert parse_frames(text) == [Frame(0.0, 0.04, False), Frame(0.04, 0.04, True)]


def test_what_broke_off_begins_with_its_first_frame() -> None:
    assert parse_frames("frame|82000.0|0.040|\nframe|82000.5|0.0") == [
        Frame(0.0, 0.04, False), Frame(0.5, 0.0, False),
    ]  # fmt: skip


def test_the_place_in_the_file_counts_where_a_clock_runs_on() -> None:
    text = "frame|1.4|0.040|564|\nframe|1.44|N/A|7520|\nframe|1.48|0.040|N/A|\nformat|{}|1.400\n"
    assert [each.byte for each in parse_frames(text.format("mpegts"))] == [564, 7520, None]
    assert [each.byte for each in parse_frames(text.format("mov,mp4"))] == [None, None, None]
    # FFmpeg 6 tells the duration twice.
    both = "frame|1.4|0.04|0.04|564|\nformat|mpegts|1.4\n"
    assert parse_frames(both) == [Frame(0.0, 0.04, False)]
