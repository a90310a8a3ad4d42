"""What FFmpeg's filter tells of a still picture."""

from dataclasses import replace

from workers.media.info import MediaInfo, VideoStream
from workers.media.stills import pictured

PNG = MediaInfo("png_pipe", None, VideoStream(0, "png", 1, 1, color_space="gbr"), stream_count=1)


def words(colors: str) -> str:
    return (
        "[Parsed_showinfo_0 @ 0x1] n:   0 pts:      0 pts_time:0       duration:      1 "
        "duration_time:0.04    fmt:rgb24 cl:unspecified sar:0/1 s:640x360 i:P iskey:1 type:I \n"
        f"[Parsed_showinfo_0 @ 0x1] {colors}\n"
    )


def told(info: MediaInfo, colors: str) -> tuple[str, str, str, str]:
    video = pictured(info, words(colors)).video
    assert video is not None
    assert (video.width, video.height, video.pix_fmt) == (640, 360, "rgb24")
    return video.color_range, video.color_space, video.color_primaries, video.color_transfer


def test_its_colours_are_read() -> None:
    colors = "color_range:pc color_space:gbr color_primaries:bt2020 color_trc:smpte2084"
    assert told(PNG, colors) == ("pc", "gbr", "bt2020", "smpte2084")


def test_what_is_not_told_stays() -> None:
    nothing = "color_range:unknown color_space:unknown color_primaries:unknown color_trc:unknown"
    assert told(PNG, nothing) == ("", "gbr", "", "")
    assert told(PNG, "") == ("", "gbr", "", "")


def test_a_png_writes_the_curve_of_screens_as_a_power() -> None:
    colors = "color_range:pc color_space:gbr color_primaries:bt709 color_trc:bt470m"
    assert told(PNG, colors)[3] == "iec61966-2-1"
    assert PNG.video is not None
    other = replace(PNG, video=replace(PNG.video, codec="webp"))
    assert told(other, colors)[3] == "bt470m"
