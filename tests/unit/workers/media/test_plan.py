"""What is made of a source: sizes, rate, sound, poster."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, MISSION_LADDER, Ladder, Rung
from workers.media.plan import EncodePlan, plan
from workers.media.planned import Packaged
from workers.media.tracks import needed, tracks_of

NTSC = Fraction(30000, 1001)
FILM = VideoStream(
    index=0, codec="h264", width=1920, height=1080, duration=20.0, frame_count=480,
    avg_frame_rate=Fraction(24), base_frame_rate=Fraction(24),
)  # fmt: skip
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48000)


def make(video: VideoStream = FILM, *audio: AudioStream, **changes: Any) -> EncodePlan:
    shown = replace(video, **changes)
    return plan(MediaInfo("mov,mp4", 20.5, video=shown, audio=audio), MISSION_LADDER)


def sizes(made: EncodePlan) -> list[tuple[str, int, int]]:
    return [(r.name, r.width, r.height) for r in made.renditions]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("720p", 1280, 720), ("480p", 854, 480)]),
        ({"width": 1280, "height": 720}, [("720p", 1280, 720), ("480p", 854, 480)]),
        ({"width": 1024, "height": 576}, [("480p", 854, 480)]),
        ({"rotation": 90}, [("720p", 720, 1280), ("480p", 480, 854)]),
        ({"width": 568, "height": 320, "rotation": 90}, [("320p", 320, 568)]),
        ({"width": 161, "height": 121}, [("120p", 160, 120)]),
        ({"width": 321, "height": 241}, [("240p", 320, 240)]),
        ({"width": 800, "height": 640, "sample_aspect_ratio": Fraction(64, 45)},
         [("480p", 854, 480)]),
        ({"width": 720, "height": 576, "sample_aspect_ratio": Fraction(16, 15)},
         [("480p", 640, 480)]),
        ({"width": 4000, "height": 100}, [("100p", 4000, 100)]),
        ({"width": 8192, "height": 1000}, [("500p", 4096, 500), ("480p", 3932, 480)]),
        ({"width": 1, "height": 1}, [("2p", 2, 2)]),
    ],
)  # fmt: skip
def test_sizes(changes: dict[str, Any], expected: list[tuple[str, int, int]]) -> None:
    assert sizes(make(FILM, **changes)) == expected


@pytest.mark.parametrize(
    ("short", "streamed", "files"),
    [
        (2160, "1080p 720p 480p 360p", "720p 480p"),
        (1080, "1080p 720p 480p 360p", "720p 480p"),
        (1000, "720p 480p 360p", "720p 480p"),
        (480, "480p 360p", "480p"),
        # A file is made of every film, if need be in its own size; then that is streamed too.
        (400, "400p 360p", "400p"),
        (360, "360p", "360p"),
        (144, "144p", "144p"),
    ],
)
def test_by_default_streams_have_sizes_that_are_no_files(
    short: int, streamed: str, files: str
) -> None:
    film = replace(FILM, width=short * 16 // 9, height=short)
    made = plan(MediaInfo("mov,mp4", 20.5, video=film), DEFAULT_LADDER)
    assert " ".join(track.name for track in tracks_of(made)) == streamed
    assert " ".join(each.name for each in made.files) == files
    alone = plan(MediaInfo("mov,mp4", 20.5, video=film), replace(DEFAULT_LADDER, streamed=False))
    assert alone.renditions == alone.files
    assert [each.name for each in alone.files] == files.split()
    # Where nothing is listed, no size is made for nothing.
    assert needed(replace(made, streamed=False)) == replace(
        made, streamed=False, renditions=made.files
    )
    assert needed(made) == made


def test_what_the_source_is_streamed_for_is_not_encoded_unless_it_becomes_a_file() -> None:
    made = plan(MediaInfo("mov,mp4", 20.5, video=FILM), DEFAULT_LADDER)
    for name, height, left in (
        ("1080p", 1080, "720p 480p 360p"),
        ("720p", 720, "1080p 720p 480p 360p"),
    ):
        packaged = Packaged(0, None, height * 16 // 9, height, Fraction(24), 1_000_000)
        assert packaged.name == name
        kept = needed(replace(made, packaged=packaged))
        assert isinstance(kept, EncodePlan)
        assert " ".join(each.name for each in kept.renditions) == left
        assert [kept.renditions[track.number or 0].name for track in tracks_of(kept)] == [
            track.name for track in tracks_of(kept)
        ]


def test_a_small_source_becomes_a_file_of_each_codec_that_the_smallest_has() -> None:
    rungs = (
        Rung(720, 40, 1, 1, codec="av1"),
        Rung(480, 23, 1, 1),
        Rung(480, 28, 1, 1, codec="hevc"),
    )
    made = plan(MediaInfo("mov,mp4", 20.0, video=FILM), Ladder(rungs=rungs))
    assert [each.name for each in made.renditions] == ["720p-av1", "480p", "480p-hevc"]
    small = replace(FILM, width=320, height=240)
    made = plan(MediaInfo("mov,mp4", 20.0, video=small), Ladder(rungs=rungs))
    assert [each.name for each in made.renditions] == ["240p", "240p-hevc"]


def test_every_size_is_even_and_keeps_its_shape() -> None:
    for width in range(2, 2000, 37):
        for height in range(2, 1400, 41):
            for rendition in make(width=width, height=height).renditions:
                assert rendition.width % 2 == rendition.height % 2 == 0
                short = min(width, height)
                scale = min(min(rendition.width, rendition.height) / short, 1)
                assert abs(rendition.width - width * scale) <= 1 + width / short
                assert abs(rendition.height - height * scale) <= 1 + height / short
                assert max(rendition.width, 2) <= max(width, 2)


@pytest.mark.parametrize(
    ("average", "base", "expected"),
    [
        ("24", "24", "24"),
        ("24000/1001", "24000/1001", "24000/1001"),
        ("2997/100", "2997/100", "30000/1001"),
        ("72000/2401", "30000/1001", "30000/1001"),
        ("25", "301/12", "25"),  # one picture came early
        ("50", "50", "50"),
        ("12", "12", "12"),
        ("120", "120", "60"),
        ("144", "144", "48"),
        ("140000/5087", "30", "30"),  # a camera that dropped frames
        ("750000/71393", "90000", "24000/1001"),  # a grid, not a rate
        ("1000", "60", "60"),  # an average no clock can mean
        ("59", "1000", "60000/1001"),
        (None, "25", "25"),
        (None, None, "30"),
    ],
)
def test_frame_rate(average: str | None, base: str | None, expected: str) -> None:
    made = make(
        avg_frame_rate=Fraction(average) if average else None,
        base_frame_rate=Fraction(base) if base else None,
    )
    assert made.frame_rate == Fraction(expected)


def test_a_pause_does_not_lower_the_rate() -> None:
    paused: dict[str, Any] = {"avg_frame_rate": Fraction(20), "base_frame_rate": Fraction(60)}
    assert make(**paused).frame_rate == Fraction(24000, 1001)
    assert make(**paused, usual_rate=Fraction(60)).frame_rate == 60
    assert make(**paused, usual_rate=Fraction(30)).frame_rate == 30


@pytest.mark.parametrize(
    ("rate", "late", "expected"),
    [
        ("60000/1001", 0.0, "near"),
        ("60000/1001", 0.025, "down"),
        ("60000/1001", 0.0252, "up"),
        ("60000/1001", 0.033, "near"),
        ("24", 0.023, "up"),
        ("24", 0.04, "near"),
        ("120", 0.008, "near"),  # of which every second one is left out
    ],
)
def test_pictures_between_two_places_all_move_one_way(
    rate: str, late: float, expected: str
) -> None:
    given: dict[str, Any] = {
        "avg_frame_rate": Fraction(rate), "base_frame_rate": Fraction(rate), "start_time": late,
    }  # fmt: skip
    assert make(**given).rounding == expected
    assert make(**given | {"base_frame_rate": Fraction(90000)}).rounding == "near"


def test_fields_become_frames_at_the_frame_rate() -> None:
    made = make(field_order="tt", avg_frame_rate=Fraction(25), base_frame_rate=Fraction(50))
    assert made.deinterlace
    assert made.frame_rate == 25


def test_expectations() -> None:
    made = make()
    assert (made.duration, made.frame_count, made.total_duration) == (20.0, 480, 20.5)
    assert made.poster_frame == 48
    assert made.keyframe_interval == 48
    assert not made.tone_map
    assert make(color_transfer="arib-std-b67").tone_map
    unknown = make(duration=None, frame_count=None)
    assert (unknown.duration, unknown.frame_count, unknown.poster_frame) == (None, None, 0)


def test_fast_pictures_get_a_higher_ceiling() -> None:
    slow = make().renditions[0].max_bitrate
    fast = make(avg_frame_rate=Fraction(60), base_frame_rate=Fraction(60)).renditions[0]
    assert fast.max_bitrate == slow * 1.5


def test_sound_is_the_default_track_that_can_be_read() -> None:
    first = AudioStream(index=1, codec="aac", channels=1, sample_rate=48000)
    assert make().audio is None
    assert make(FILM, first, replace(first, index=2)).audio == first
    default = replace(first, index=2, default=True)
    assert make(FILM, first, default).audio == default
    assert make(FILM, first, replace(default, codec="apac")).audio == first
    assert make(FILM, first, replace(default, beside=True)).audio == first
    foreign, comment = replace(default, other_programme=True), replace(first, beside=True)
    assert make(FILM, foreign, comment).audio == comment


def test_two_tracks_of_one_channel_are_left_and_right_in_mxf() -> None:
    left = AudioStream(1, "pcm_s16le", 1, 48000, present=True)
    right = replace(left, index=2)
    info = MediaInfo("mxf", 20.0, FILM, (left, right, replace(left, index=3)))
    assert plan(info, MISSION_LADDER).right == right
    assert plan(replace(info, format_name="matroska,webm"), MISSION_LADDER).right is None
    for other in (
        replace(right, channels=2),
        replace(right, sample_rate=44100),
        replace(right, present=False),
        replace(right, duration=4.0),
    ):
        assert plan(replace(info, audio=(left, other)), MISSION_LADDER).right is None


def test_two_tracks_that_say_which_side_they_are_are_one_sound() -> None:
    left = AudioStream(1, "pcm_s16le", 1, 48000, layout="1 channels (FL)", present=True)
    right = replace(left, index=2, layout="1 channels (FR)", default=True)
    info = MediaInfo("mov,mp4,m4a,3gp,3g2,mj2", 20.0, FILM, (left, right))
    made = plan(info, MISSION_LADDER)
    assert (made.audio, made.right) == (left, right)
    made = plan(replace(info, audio=(right, left)), MISSION_LADDER)
    assert (made.audio, made.right) == (left, right)
    for other in (
        replace(left, layout="1 channels (FC)"),
        replace(left, beside=True),
        replace(left, codec="aac"),
    ):
        made = plan(replace(info, audio=(right, other)), MISSION_LADDER)
        assert (made.audio, made.right) == (right, None)


def test_rungs_that_fall_together_are_made_once() -> None:
    ladder = Ladder(rungs=(Rung(1440, 22, 1, 1), Rung(1080, 22, 1, 1)), max_frame_rate=Fraction(30))
    strip = replace(FILM, width=20000, height=2000)
    made = plan(MediaInfo("mov,mp4", 20.0, video=strip), ladder)
    assert sizes(made) == [("410p", 4096, 410)]


def test_no_picture_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without a picture"):
        plan(MediaInfo("mov,mp4", 1.0), MISSION_LADDER)


@pytest.mark.parametrize(
    ("format_name", "counted", "hold"),
    [("mov,mp4", 5000, 100.0), ("mov,mp4", None, 30.0), ("matroska,webm", None, 30.0)],
)
def test_a_length_of_sound_that_is_only_said_holds_no_picture_for_long(
    format_name: str, counted: int | None, hold: float
) -> None:
    sound = replace(SOUND, duration=120.0, frame_count=counted)
    made = plan(MediaInfo(format_name, 120.0, video=FILM, audio=(sound,)), MISSION_LADDER)
    assert (made.hold, made.duration) == (hold, 20.0 + hold)


def test_a_picture_that_begins_at_0_is_late_in_a_file_that_begins_before() -> None:
    film, sound = replace(FILM, start_time=0.0), replace(SOUND, start_time=-2.0, duration=22.0)
    info = MediaInfo("matroska", 22.0, video=film, audio=(sound,), start_time=-2.0)
    made = plan(info, MISSION_LADDER)
    assert (made.delay, made.duration, made.hold) == (2.0, 22.0, 0.0)
