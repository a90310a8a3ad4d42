"""What FFmpeg's `showinfo` filter tells of pictures that ffprobe knows too little of. Pure."""

import re
from dataclasses import replace
from fractions import Fraction

from workers.media.info import ANIMATED_WEBP, STILL_FORMATS, MediaInfo

_FRAME = re.compile(
    r" n: *\d+ pts:.* pts_time:(?P<time>[\d.]+) .*"
    r"fmt:(?P<pix_fmt>\w+) .*sar:\d+/\d+ s:(?P<width>\d+)x(?P<height>\d+) "
)


def unseen(info: MediaInfo) -> bool:
    """Whether ffprobe could not decode the picture, as one without zlib cannot.

    Of WebP it may not know that it moves.
    """
    video = info.video
    if video is None:
        return False
    return info.format_name in STILL_FORMATS or video.width < 1 or not video.pix_fmt


def pictured(info: MediaInfo, words: str) -> MediaInfo:
    """Return a file with the size of its picture, and a still that moves as an animation."""
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
    if len(found) == 1 or info.format_name not in STILL_FORMATS:
        return replace(info, video=video)
    step = Fraction(found[1]["time"]) - Fraction(first["time"])
    rate = 1 / step if step > 0 else None
    video = replace(video, avg_frame_rate=rate, base_frame_rate=rate)
    return replace(info, format_name=ANIMATED_WEBP, video=video)
