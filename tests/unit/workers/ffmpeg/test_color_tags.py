"""Tags of colours, as the filters can read them."""

import pytest

from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.color_tags import readable
from workers.media.info import VideoStream

FULL, BARE = Capabilities(converts_color=True), Capabilities(converts_color=False)


def film(primaries: str, transfer: str, matrix: str) -> VideoStream:
    return VideoStream(
        0, "h264", 640, 360, color_primaries=primaries, color_transfer=transfer, color_space=matrix
    )


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (("bt709", "bt709", "chroma-derived-nc"), ("bt709", "bt709", "bt709")),
        (("bt2020", "smpte2084", "chroma-derived-nc"), ("bt2020", "smpte2084", "bt2020nc")),
        (("bt709", "bt709", "bt2020c"), ("bt709", "bt709", "bt709")),
        (("bt709", "bt709", "ictcp"), ("bt709", "bt709", "bt709")),
        (("", "", "ictcp"), ("", "", "")),
        (("bt2020", "log100", "bt2020nc"), ("bt2020", "", "bt2020nc")),
        (("smpte432", "bt1361e", "bt709"), ("smpte432", "", "bt709")),
        (("new", "vlog", "bt709"), ("", "", "bt709")),
    ],
)
def test_tags_that_no_filter_reads(told: tuple[str, str, str], read: tuple[str, str, str]) -> None:
    video, filters = readable(film(*told), FULL)
    assert (video.color_primaries, video.color_transfer, video.color_space) == read
    names = [each or "unknown" for each in read]
    assert filters == [
        f"setparams=color_primaries={names[0]}:color_trc={names[1]}:colorspace={names[2]}"
    ]


@pytest.mark.parametrize(
    "told",
    [
        ("bt709", "bt709", "bt709"), ("bt470bg", "bt470bg", "bt470bg"), ("", "", ""),
        ("bt2020", "smpte2084", "bt2020nc"), ("smpte432", "iec61966-2-1", "gbr"),
        ("bt470m", "bt470m", "fcc"),
    ],
)  # fmt: skip
def test_others_stay(told: tuple[str, str, str]) -> None:
    assert readable(film(*told), FULL) == (film(*told), [])


@pytest.mark.parametrize(
    ("told", "near"),
    [
        (("bt2020", "smpte2084", "ictcp"), "bt2020nc"),
        (("bt2020", "bt2020-10", "bt2020c"), "bt2020nc"),
        (("bt709", "bt709", "ycgco"), "bt709"),
    ],
)
def test_matrices_that_can_be_converted(told: tuple[str, str, str], near: str) -> None:
    video, filters = readable(film(*told), FULL)
    assert filters == [f"zscale=m={near}:r=tv", f"setparams=colorspace={near}"]
    assert (video.color_space, video.color_range) == (near, "tv")
    assert readable(film(*told), BARE)[1] == [f"setparams=colorspace={near}"]
