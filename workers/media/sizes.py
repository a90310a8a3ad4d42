"""The size of a film whose pictures change theirs: the largest that lasts. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from workers.media.info import MediaInfo, VideoStream
from workers.media.json_values import integer, pixel_aspect
from workers.media.limits import Limits
from workers.media.shapes import may_change

# Calls and screens are recorded with a picture that grows once the connection is good. Containers
# that take it so, and can be looked into at a few places; and codecs whose keyframes tell sizes.
_CONTAINERS = frozenset({"matroska", "webm", "flv"})
_CODECS = frozenset({"vp8", "vp9", "av1", "h264", "hevc", "flv1"})
_SENT = frozenset({"mpegts", "mpeg"})
_PLACES = 8
_FIRST_S = 30  # of a film whose length is not known
# What fewer keyframes have does not last.
_FEWEST, _LEAST_SHARE = 2, 1 / 8


def sized_late(info: MediaInfo) -> bool:
    """Whether a picture is there whose size nothing has told yet, as its first keyframe comes late.

    A broadcast is joined at any time; what comes before that keyframe cannot be decoded.
    """
    return info.format_name in _SENT and info.video is not None and not info.video.width


def places(info: MediaInfo) -> str | None:
    """Return where a look at keyframes can show another size, as ffprobe's intervals.

    It is empty where all of them are worth a look, and None where none is.
    """
    video = info.video
    if may_change(info) or (video is not None and video.pulldown):
        return ""
    known = _CONTAINERS & set(info.format_name.split(","))
    if video is None or not known or video.codec not in _CODECS or video.cropped:
        return None
    if info.duration is None:
        return f"%+{_FIRST_S}"
    middles = ((number + 0.5) / _PLACES for number in range(_PLACES))
    return ",".join(f"{info.start_time + info.duration * each:.3f}%+#1" for each in middles)


def largest(video: VideoStream, lines: Iterable[str], limits: Limits) -> VideoStream:
    """Return a stream in the largest size that lasts.

    Each line of ffprobe's is one keyframe: `time,width,height,aspect of a pixel`.
    """
    counts: Counter[tuple[int, int]] = Counter()
    pixels: dict[tuple[int, int], Fraction] = {}
    for line in lines:
        _, wide, high, aspect, *_ = [*line.strip().split(","), "", "", "", ""]
        size = (integer(wide) or 0, integer(high) or 0)
        counts[size] += 1
        pixels.setdefault(size, pixel_aspect(aspect) or Fraction(1))
    fewest = max(_FEWEST, _LEAST_SHARE * counts.total())
    lasting = [size for size, count in counts.items() if count >= fewest and _taken(size, limits)]
    width, height = max(lasting, key=_area, default=(0, 0))
    if video.cropped or width * height <= video.width * video.height:
        return video
    pixel = pixels[width, height]
    return replace(video, width=width, height=height, sample_aspect_ratio=pixel, grows=True)


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _taken(size: tuple[int, int], limits: Limits) -> bool:
    return max(size) <= limits.max_side_px and _area(size) <= limits.max_pixels
