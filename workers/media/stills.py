"""A file that is one picture, or a short animation, as FFmpeg's `showinfo` filter tells. Pure."""

import re
from dataclasses import replace
from fractions import Fraction

from workers.media.info import ANIMATED_WEBP, MediaInfo

_FRAME = re.compile(
    r" n: *\d+ pts:.* pts_time:(?P<time>[\d.]+) .*"
    r"fmt:(?P<pix_fmt>\w+) .*sar:\d+/\d+ s:(?P<width>\d+)x(?P<height>\d+) "
)


def pictured(info: MediaInfo, words: str) -> MediaInfo:
    """Return a still with the size that ffprobe may not know, and whether it is an animation."""
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
    if len(found) == 1:
        return replace(info, video=video)
    step = Fraction(found[1]["time"]) - Fraction(first["time"])
    rate = 1 / step if step > 0 else None
    video = replace(video, avg_frame_rate=rate, base_frame_rate=rate)
    return replace(info, format_name=ANIMATED_WEBP, video=video)
