"""What FFmpeg's `showinfo` filter tells of pictures that ffprobe knows too little of. Pure."""

import re
from dataclasses import replace
from fractions import Fraction

from workers.media.info import ANIMATED_WEBP, STILL_FORMATS, MediaInfo, VideoStream

_FRAME = re.compile(
    r" n: *\d+ pts:.* pts_time:(?P<time>[\d.]+) .*"
    r"fmt:(?P<pix_fmt>\w+) .*sar:\d+/\d+ s:(?P<width>\d+)x(?P<height>\d+) "
)


_COLORS = re.compile(
    r"color_range:(?P<range>\S+) color_space:(?P<space>\S+)"
    r" color_primaries:(?P<primaries>\S+) color_trc:(?P<transfer>\S+)"
)
# PNG tells the curve of computer screens as a power of 1/2.2 (its chunk gAMA).
_POWER, _SCREEN = frozenset({"bt470m", "gamma22"}), "iec61966-2-1"
_PNG = frozenset({"png", "apng"})
_NOTHING = frozenset({"unknown", "unspecified", "reserved"})


def unseen(info: MediaInfo) -> bool:
    """Whether ffprobe could not decode the picture, as one without zlib cannot.

    Of WebP it may not know that it moves.
    """
    video = info.video
    if video is None:
        return False
    return info.format_name in STILL_FORMATS or video.width < 1 or not video.pix_fmt


def pictured(info: MediaInfo, words: str) -> MediaInfo:
    """Return a file with the size and colours of its picture, a still that moves as an animation.

    `words` are those of the filter.
    """
    found = list(_FRAME.finditer(words))
    if info.video is None or not found:
        return info
    first = found[0]
    video = replace(
        info.video,
        width=int(first["width"]),
        height=int(first["height"]),
        pix_fmt=first["pix_fmt"],
    )
    video = _colored(video, _COLORS.search(words, first.end()))
    if len(found) == 1 or info.format_name not in STILL_FORMATS:
        return replace(info, video=video)
    step = Fraction(found[1]["time"]) - Fraction(first["time"])
    rate = 1 / step if step > 0 else None
    video = replace(video, avg_frame_rate=rate, base_frame_rate=rate)
    return replace(info, format_name=ANIMATED_WEBP, video=video)


def _colored(video: VideoStream, found: re.Match[str] | None) -> VideoStream:
    """Return a stream with what is told of its colours beside what is known of them."""
    if found is None:
        return video
    told = {name: "" if each in _NOTHING else each for name, each in found.groupdict().items()}
    if told["transfer"] in _POWER and video.codec in _PNG:
        told["transfer"] = _SCREEN
    return replace(
        video,
        color_range=told["range"] or video.color_range,
        color_space=told["space"] or video.color_space,
        color_primaries=told["primaries"] or video.color_primaries,
        color_transfer=told["transfer"] or video.color_transfer,
    )
