"""A film whose pictures grow is made in the largest size that lasts."""

from dataclasses import replace
from fractions import Fraction

from workers.media.info import MediaInfo, VideoStream
from workers.media.limits import Limits
from workers.media.sizes import largest, places, sized_late

CALL = VideoStream(0, "vp8", 320, 180)
FILE = MediaInfo("matroska,webm", 80.0, CALL, start_time=2.0)
SMALL, LARGE = "0,320,180,1:1,", "9,1280,720,1:1"


def size_of(lines: list[str], video: VideoStream = CALL) -> tuple[int, int]:
    found = largest(video, lines, Limits())
    return found.width, found.height


def test_what_lasts_is_the_size_and_what_does_not_is_none() -> None:
    assert size_of([SMALL] * 6 + [LARGE] * 2) == (1280, 720)
    assert size_of([SMALL] * 7 + [LARGE]) == (320, 180)
    assert size_of([SMALL] * 90 + [LARGE] * 10) == (320, 180)


def test_nothing_smaller_or_odd_changes_anything() -> None:
    video = replace(CALL, width=1920, height=1080)
    assert largest(video, [LARGE, SMALL] * 4, Limits()) == video
    assert largest(CALL, ["", "odd", "1,N/A,,"] * 4, Limits()) == CALL
    assert largest(CALL, [], Limits()) == CALL


def test_a_size_beyond_the_limits_is_passed_over() -> None:
    assert size_of(["0,8194,4608,1:1", LARGE] * 4) == (1280, 720)
    assert size_of(["0,8192,8192,1:1", LARGE] * 4) == (1280, 720)


def test_the_pixels_have_the_shape_that_they_have_in_that_size() -> None:
    found = largest(CALL, ["0,320,180,1:1", "1,720,576,64:45", "2,720,576,64:45"], Limits())
    assert (found.sample_aspect_ratio, found.grows) == (Fraction(64, 45), True)


def test_a_few_places_tell_the_sizes_of_a_call() -> None:
    asked = places(FILE)
    assert asked is not None
    assert asked.split(",")[::7] == ["7.000%+#1", "77.000%+#1"]
    assert places(replace(FILE, duration=None)) == "%+30"


def test_where_no_size_changes_nothing_is_looked_at() -> None:
    assert places(replace(FILE, format_name="mov,mp4")) is None
    assert places(replace(FILE, video=replace(CALL, codec="ffv1"))) is None
    assert places(replace(FILE, video=None)) is None
    # Broadcasts are looked at whole.
    assert places(replace(FILE, format_name="mpegts", video=replace(CALL, codec="h264"))) == ""


def test_a_size_that_nothing_has_told_yet_comes_late_in_what_is_sent() -> None:
    late = replace(FILE, format_name="mpegts", video=replace(CALL, width=0, height=0))
    assert sized_late(late)
    assert not sized_late(replace(late, video=CALL))
    assert not sized_late(replace(late, video=None))
    assert not sized_late(replace(late, format_name="matroska,webm"))
