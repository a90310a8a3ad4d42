"""How wide a film is shown, where that changes while its stored size does not. Pure."""

from collections.abc import Iterable
from fractions import Fraction

from workers.media.info import MediaInfo, Shape, VideoStream
from workers.media.json_values import integer, number, pixel_aspect

# Broadcasts change between 4:3 and 16:9 so. Of other containers one shape is true.
_CONTAINERS = frozenset({"mpegts", "mpeg"})
_CODECS = frozenset({"mpeg1video", "mpeg2video", "h264"})
_MOST = 50  # that are told: FFmpeg is given them as one expression


def may_change(info: MediaInfo) -> bool:
    """Whether a look at all the keyframes could show more than one shape."""
    video = info.video
    return video is not None and info.format_name in _CONTAINERS and video.codec in _CODECS


def shapes_of(video: VideoStream, start_time: float, lines: Iterable[str]) -> tuple[Shape, ...]:
    """Return the shapes that ffprobe's keyframes have, by their times; none if one pixel fits all.

    Each line is `time,width,height,aspect of a pixel`. The first ones are taken, as far as they are
    true: what is behind a clock that goes back has another time when it is encoded.
    """
    found: list[Shape] = []
    pixels = set()
    latest = 0.0
    for line in lines:
        time, width, height, *rest = [*line.strip().split(","), "", "", ""]
        at, wide, high = number(time), integer(width), integer(height)
        if at is None or not wide or not high:
            continue
        at = max(at - start_time, 0.0)
        if at < latest or len(found) == _MOST:
            break
        latest = at
        pixel = pixel_aspect(rest[0]) or video.sample_aspect_ratio
        pixels.add(pixel)
        aspect = Fraction(wide, high) * pixel
        if not found or found[-1].aspect != aspect:
            found.append(Shape(round(at, 3), aspect))
    return tuple(found) if len(pixels) > 1 else ()
