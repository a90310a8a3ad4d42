"""What is made of a source: sizes, rate, sound, poster."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, Ladder, Rung
from workers.media.plan import EncodePlan, plan

NTSC = Fraction(30000, 1001)
FILM = VideoStream(
    index=0, codec="h264", width=1920, height=1080, duration=20.0, frame_count=480,
    avg_frame_rate=Fraction(24), base_frame_rate=Fraction(24),
)  # fmt: skip


def make(video: VideoStream = FILM, *audio: AudioStream, **changes: Any) -> EncodePlan:
    shown = replace(video, **changes)
    return plan(MediaInfo("mov,mp4", 20.5, video=shown, audio=audio), DEFAULT_LADDER)


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


def test_rungs_that_fall_together_are_made_once() -> None:
    ladder = Ladder(rungs=(Rung(1440, 22, 1, 1), Rung(1080, 22, 1, 1)), max_frame_rate=Fraction(30))
    strip = replace(FILM, width=20000, height=2000)
    made = plan(MediaInfo("mov,mp4", 20.0, video=strip), ladder)
    assert sizes(made) == [("410p", 4096, 410)]


def test_no_picture_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without a picture"):
        plan(MediaInfo("mov,mp4", 1.0), DEFAULT_LADDER)
