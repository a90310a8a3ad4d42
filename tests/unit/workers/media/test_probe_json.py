"""ffprobe's answers, plain and odd, become sound values."""

import json
from fractions import Fraction
from typing import Any

import pytest

from workers.media.info import MediaInfo
from workers.media.probe_json import UnreadableProbeError, parse_probe


def parse(video: dict[str, Any], **container: Any) -> MediaInfo:
    stream = {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920,
              "height": 1080, **video}  # fmt: skip
    return parse_probe(json.dumps({"streams": [stream], "format": container}))


def test_plain_file() -> None:
    info = parse(
        {"avg_frame_rate": "24/1", "r_frame_rate": "24/1", "nb_frames": "515",
         "duration": "21.458333", "pix_fmt": "yuv422p10le", "color_transfer": "smpte2084"},
        format_name="mov,mp4", duration="21.589333",
    )  # fmt: skip
    video = info.video
    assert video is not None
    assert (video.frame_rate, video.frame_count, video.duration) == (
        Fraction(24),
        515,
        21.458333,
    )
    assert (video.pix_fmt, video.hdr, video.variable_frame_rate) == ("yuv422p10le", True, False)
    assert (info.duration, info.format_name) == (21.589333, "mov,mp4")


def test_odd_values_become_neutral_ones() -> None:
    info = parse(
        {"width": "311|", "height": "240", "avg_frame_rate": "0/0", "r_frame_rate": "1/0",
         "nb_frames": "N/A", "duration": "N/A", "sample_aspect_ratio": "0:1", "tags": None,
         "side_data_list": "none", "disposition": 7, "codec_name": None},
        duration="inf",
    )  # fmt: skip
    video = info.video
    assert video is not None
    assert (video.width, video.height, video.sample_aspect_ratio) == (311, 240, Fraction(1))
    assert video.frame_rate is None
    assert (video.frame_count, video.duration) == (None, None)
    assert (video.codec, video.rotation) == ("unknown", 0)
    assert info.duration is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "[" * 100_000])
def test_no_answer_is_an_error(text: str) -> None:
    with pytest.raises(UnreadableProbeError):
        parse_probe(text)


@pytest.mark.parametrize("text", ["{}", '{"streams": 3, "format": []}', '{"streams": [null]}'])
def test_an_empty_answer_is_a_file_without_picture(text: str) -> None:
    assert parse_probe(text).video is None


_TURNED = "\n00000000: -65536 0 0\n00000001: 0 -65536 0\n00000002: 0 0 1073741824\n"
_MIRRORED = "\n00000000: -65536 0 0\n00000001: 0 65536 0\n00000002: 0 0 1073741824\n"


@pytest.mark.parametrize(
    ("extra", "turn"),
    [
        ({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": -90}]}, 90),
        ({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": 90}]}, 270),
        ({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": -180}]}, 180),
        ({"side_data_list": [{"displaymatrix": _TURNED, "rotation": -180}]}, 180),
        ({"side_data_list": [{"displaymatrix": _MIRRORED, "rotation": -180}]}, 0),
        ({"tags": {"rotate": "90"}}, 90),
        ({"side_data_list": [{"rotation": 45}]}, 0),
        ({}, 0),
    ],
)
def test_rotation_is_clockwise(extra: dict[str, Any], turn: int) -> None:
    video = parse(extra).video
    assert video is not None
    assert video.rotation == turn
    expected = (1080, 1920) if turn in (90, 270) else (1920, 1080)
    assert (video.display_width, video.display_height) == expected


def test_pixel_shape_changes_the_display_size() -> None:
    video = parse({"width": 800, "height": 640, "sample_aspect_ratio": "64:45"}).video
    assert video is not None
    assert (video.display_width, video.display_height) == (1138, 640)
    tall = parse({"width": 720, "height": 576, "sample_aspect_ratio": "1:2"}).video
    assert tall is not None
    assert (tall.display_width, tall.display_height) == (720, 1152)


def test_cover_art_is_no_video() -> None:
    info = parse({"disposition": {"attached_pic": 1}})
    assert info.video is None
    assert (info.stream_count, info.beside_count) == (0, 1)


@pytest.mark.parametrize(
    ("codec", "frames", "cover"),
    [
        ("mjpeg", [{"stream_index": 1, "width": 9}], 1),
        ("mjpeg", [{"stream_index": 0}], None),  # it could not be decoded
        ("gif", [{"stream_index": 1, "width": 9}], None),
    ],
)
def test_a_cover_counts_once_it_was_decoded(
    codec: str, frames: list[object], cover: int | None
) -> None:
    picture = {"index": 1, "codec_type": "video", "disposition": {"attached_pic": 1}}
    streams = [{"index": 0, "codec_type": "audio"}, picture | {"codec_name": codec}]
    info = parse_probe(json.dumps({"format": {}, "streams": streams, "frames": frames}))
    assert info.cover == cover


def test_matroska_tells_the_length_in_a_tag() -> None:
    info = parse({"tags": {"DURATION": "01:00:01.500000000"}})
    assert info.video is not None
    assert info.video.duration == 3601.5
    assert info.duration == 3601.5


def test_only_mkvmerges_own_tag_is_a_length_and_all_others_tell_when_a_track_ends() -> None:
    tags = {"DURATION": "00:00:12.000000000", "_STATISTICS_WRITING_APP": "mkvmerge v80"}
    stream = {"start_time": "4.0", "tags": tags}
    for writer, seconds in (("libebml v1.4.5 + libmatroska v1.7.1", 12.0), ("Lavf61.1.100", 8.0)):
        info = parse(stream, tags={"ENCODER": writer})
        assert info.video is not None
        assert info.video.duration == seconds
    before = parse({"start_time": "-2.0", "tags": {"DURATION": "00:00:06.000000000"}})
    assert before.video is not None
    assert before.video.duration == 8.0


def test_fields_do_not_make_the_rate_variable() -> None:
    rates = {"avg_frame_rate": "25/1", "r_frame_rate": "50/1"}
    interlaced, other = parse({**rates, "field_order": "tt"}).video, parse(rates).video
    assert interlaced is not None
    assert other is not None
    assert interlaced.interlaced
    assert not interlaced.variable_frame_rate
    assert other.variable_frame_rate


def test_default_stream_wins_and_encryption_is_seen() -> None:
    streams = [
        {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 2, "height": 2},
        {"index": 3, "codec_type": "video", "codec_name": "hevc", "width": 4, "height": 4,
         "disposition": {"default": 1}, "avg_frame_rate": "30000/1001"},
        {"index": 4, "codec_type": "audio", "codec_name": "aac", "codec_tag_string": "enca"},
        {"index": 5, "codec_type": "subtitle"}, {"index": 6, "codec_type": "data"},
    ]  # fmt: skip
    info = parse_probe(json.dumps({"streams": streams}))
    assert info.video is not None
    assert (info.video.index, info.video.frame_rate) == (3, Fraction(30000, 1001))
    assert info.encrypted
    assert (info.stream_count, info.beside_count) == (3, 2)
    assert (info.other_videos, info.subtitle_count) == (1, 1)
    assert info.undescribed_count == 2


def test_sound_of_another_programme_than_the_picture_is_told_apart() -> None:
    kinds = ("video", "audio", "audio", "audio")
    streams = [{"index": n, "codec_type": kind} for n, kind in enumerate(kinds)]
    members = [{"streams": [{"index": 0}, {"index": 2}]}, {"streams": [{"index": 1}, {"index": 2}]}]
    info = parse_probe(json.dumps({"streams": streams, "programs": members}))
    assert [each.other_programme for each in info.audio] == [True, False, False]


def test_the_clock_of_flash_video_may_begin_anywhere() -> None:
    stream = {"codec_type": "video", "codec_name": "h264"}

    def seconds(duration: str, start: str) -> float | None:
        container = {"format_name": "flv", "duration": duration, "start_time": start}
        return parse_probe(json.dumps({"streams": [stream], "format": container})).duration

    assert seconds("18006.0", "18000.0") == 6.0
    # That is no time but a length, of the metadata.
    assert seconds("6.0", "18000.0") == 6.0


def test_a_late_sound_in_asf_ends_with_the_file() -> None:
    # As ffprobe tells of a film of five seconds.
    streams = [
        {"codec_type": "video", "width": 8, "height": 8, "start_time": "0.0", "duration": "5.0"},
        {"index": 1, "codec_type": "audio", "start_time": "1.957", "duration": "5.0"},
    ]
    container = {"format_name": "asf", "start_time": "0.0", "duration": "6.957"}
    info = parse_probe(json.dumps({"streams": streams, "format": container}))
    assert info.video is not None
    assert (info.duration, info.video.duration) == (5.0, 5.0)
    assert info.audio[0].duration == pytest.approx(3.043)


def test_the_header_of_a_cut_avi_says_how_long_it_was() -> None:
    stream = {"codec_type": "video", "codec_name": "h264", "nb_frames": "101",
              "avg_frame_rate": "25/1", "duration": "2.0"}  # fmt: skip
    cut = parse_probe(
        json.dumps({"streams": [stream], "format": {"format_name": "avi", "duration": "2.1"}})
    )
    assert cut.video is not None
    assert (cut.duration, cut.video.duration) == (4.04, 4.04)
    other = parse_probe(
        json.dumps({"streams": [stream], "format": {"format_name": "mov,mp4", "duration": "2.1"}})
    )
    assert other.video is not None
    assert (other.duration, other.video.duration) == (2.1, 2.0)
