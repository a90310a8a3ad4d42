"""Whether pictures are woven of fields, where nobody says so. Pure."""

import re
from dataclasses import replace
from fractions import Fraction

from workers.media.info import VideoStream

# Lines of pictures that television weaves of two fields, at its rates.
_SD_LINES = frozenset({480, 486, 512, 576, 608})
_HD_LINES = frozenset({1080, 1088})
_FASTEST = Fraction(61, 2)
_NTSC = (Fraction(2996, 100), Fraction(2998, 100))
# Their frames cannot say that they hold fields, or mostly do not.
_SILENT = frozenset(
    {"rawvideo", "v210", "r210", "huffyuv", "ffvhuff", "utvideo", "lagarith", "ffv1"}
    | {"mjpeg", "mjpegb", "jpeg2000"}
)
# Of all pictures that were measured. Fine patterns look woven one way as often as the other.
_MOST, _FEW = 0.75, 0.1
# Pulldown shows one field twice in two pictures of five, one above and one below in turn.
_TWICE = (0.15, 0.25)
_FEWEST = 30
_WOVEN = re.compile(
    r"Multi frame detection: TFF: *(\d+) BFF: *(\d+) Progressive: *(\d+) Undetermined: *(\d+)"
)
_REPEATED = re.compile(r"Repeated Fields: Neither: *(\d+) Top: *(\d+) Bottom: *(\d+)")


def worth_measuring(video: VideoStream) -> bool:
    """Whether a look at the pictures could tell more than what is said of them."""
    rate = video.frame_rate
    if rate is None or rate > _FASTEST or video.pulldown:
        return False
    if video.interlaced:  # is it film?
        return _NTSC[0] < rate < _NTSC[1]
    lines = video.height
    return lines in _SD_LINES or (lines in _HD_LINES and video.codec in _SILENT)


def measured(video: VideoStream, words: str) -> VideoStream:
    """Return a stream with what the last words of FFmpeg's `idet` filter tell of it."""
    woven, repeated = _WOVEN.findall(words), _REPEATED.findall(words)
    top, bottom, *others = map(int, woven[-1]) if woven else (0, 0)
    count = top + bottom + sum(others)
    if count < _FEWEST or not repeated:
        return video
    low, high = _TWICE
    telecined = all(low <= int(twice) / count <= high for twice in repeated[-1][1:])
    parity = ""
    for name, most, least in (("tff", top, bottom), ("bff", bottom, top)):
        if not video.interlaced and most >= _MOST * count and least <= _FEW * count:
            parity = name
    return replace(video, parity=parity, telecined=telecined)
