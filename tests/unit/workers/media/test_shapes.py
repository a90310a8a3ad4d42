"""Where a broadcast changes between 4:3 and 16:9 is read from its keyframes."""

from fractions import Fraction

from workers.media.info import Shape, VideoStream
from workers.media.shapes import shapes_of

TV = VideoStream(0, "mpeg2video", 720, 576, sample_aspect_ratio=Fraction(16, 15))
NARROW, WIDE = Fraction(4, 3), Fraction(16, 9)


def test_one_shape_is_no_change() -> None:
    assert shapes_of(TV, 1.4, ["1.4,720,576,16:15,", "1.9,720,576,16:15,", "", "odd"]) == ()


def test_changes_are_told_by_the_time_of_the_film() -> None:
    lines = ["1.4,720,576,16:15", "1.9,720,576,64:45,", "2.4,720,576,64:45", "2.9,720,576,16:15"]
    assert shapes_of(TV, 1.4, lines) == (
        Shape(0.0, NARROW), Shape(0.5, WIDE), Shape(1.5, NARROW),
    )  # fmt: skip


def test_a_pixel_without_a_shape_has_that_of_the_header() -> None:
    assert shapes_of(TV, 0.0, ["0,720,576,N/A", "1,720,576,16:15"]) == ()


def test_a_clock_that_goes_back_tells_nothing_more() -> None:
    lines = ["1.4,720,576,16:15", "9.4,720,576,64:45", "1.5,720,576,16:15"]
    assert shapes_of(TV, 1.4, lines) == (Shape(0.0, NARROW), Shape(8.0, WIDE))


def test_another_size_of_other_pixels_may_look_the_same() -> None:
    assert shapes_of(TV, 0.0, ["0,768,576,1:1", "1,720,576,16:15"]) == (Shape(0.0, NARROW),)
    # FFmpeg itself sees another size of the same pixels.
    assert shapes_of(TV, 0.0, ["0,720,576,16:15", "1,360,576,16:15"]) == ()


def test_of_many_changes_the_first_are_told() -> None:
    lines = [f"{at},720,576,{'16:15' if at % 2 else '64:45'}" for at in range(99)]
    shapes = shapes_of(TV, 0.0, lines)
    assert [each.start for each in shapes] == [float(at) for at in range(50)]
