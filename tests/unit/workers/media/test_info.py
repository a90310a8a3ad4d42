"""What follows from the facts of a stream."""

import pytest

from workers.media.info import VideoStream


@pytest.mark.parametrize(
    ("curve", "matrix", "converted"),
    [
        ("bt470m", "bt709", True),  # gamma 2.2
        ("bt470bg", "bt709", True),  # gamma 2.8
        ("bt470bg", "bt470bg", False),  # PAL, whose pictures are like all others
        ("bt709", "bt709", False),
    ],
)
def test_curves_that_are_far_from_the_usual_one(curve: str, matrix: str, converted: bool) -> None:
    video = VideoStream(
        0, "h264", 640, 360, color_transfer=curve, color_space=matrix, color_primaries="bt709"
    )  # fmt: skip
    assert video.wide_gamut == converted
