"""Whether pictures are woven of fields, where nobody says so. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from workers.media.info import VideoStream
from workers.media.rates import VIDEO_RATE

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
# Of all pictures that move. Fine patterns look woven one way as often as the other.
_MOST, _FEW = 0.75, 0.1
# Pulldown shows one field twice in two pictures of five, one above and one below in turn.
_TWICE = (0.15, 0.25)
_FEWEST = 30
# Where pictures may move that did not at the beginning: in parts of a film, or in seconds.
_LATER, _LATER_S = (1 / 3, 2 / 3), (10.0, 60.0)
_WOVEN = re.compile(
    r"Multi frame detection: TFF: *(\d+) BFF: *(\d+) Progressive: *(\d+) Undetermined: *(\d+)"
)
_REPEATED = re.compile(r"Repeated Fields: Neither: *(\d+) Top: *(\d+) Bottom: *(\d+)")


@dataclass(frozen=True, slots=True)
class Look:
    """What FFmpeg's `idet` filter tells of some pictures; how many they are.

    Attributes:
        top: whose upper field comes first.
        bottom: whose lower field does.
        progressive: that are no fields.
        undetermined: before the first one of which it can tell: a black or still beginning.
        twice: that repeat the upper field of the one before, and the lower one.
    """

    top: int = 0
    bottom: int = 0
    progressive: int = 0
    undetermined: int = 0
    twice: tuple[int, int] = (0, 0)

    @property
    def moving(self) -> int:
        """Of how many it can tell."""
        return self.top + self.bottom + self.progressive

    @property
    def telling(self) -> bool:
        """Whether it was worth the look, and no other one is needed."""
        return self.moving >= max(_FEWEST, _MOST * (self.moving + self.undetermined))


def all_of(video: VideoStream, lines: Iterable[str]) -> VideoStream:
    """Return film with its pulldown, or as video, if parts of it were made as that.

    Each line of ffprobe's is one keyframe, the fifth value says whether it is of two fields. In a
    broadcast film and advertisements follow each other; at the rate of film a fifth of these would
    be lost.
    """
    woven = [line.strip().split(",")[4:5] for line in lines]
    if not video.pulldown or woven.count(["1"]) <= _FEW * len(woven):
        return video
    return replace(video, pulldown=False, avg_frame_rate=VIDEO_RATE, base_frame_rate=VIDEO_RATE)


def worth_measuring(video: VideoStream) -> bool:
    """Whether a look at the pictures could tell more than what is said of them."""
    rate = video.frame_rate
    if rate is None or rate > _FASTEST or video.pulldown or video.split:
        return False
    if video.interlaced:  # is it film?
        return _NTSC[0] < rate < _NTSC[1]
    lines = video.height
    return lines in _SD_LINES or (lines in _HD_LINES and video.codec in _SILENT)


def look_of(words: str) -> Look:
    """Read the last words of the filter."""
    woven, repeated = _WOVEN.findall(words), _REPEATED.findall(words)
    if not woven or not repeated:
        return Look()
    top, bottom, progressive, undetermined = map(int, woven[-1])
    _, *twice = map(int, repeated[-1])
    return Look(top, bottom, progressive, undetermined, (twice[0], twice[1]))


def later_places(duration: float | None) -> tuple[float, ...]:
    """Return the seconds at which to look again if the beginning tells nothing."""
    return tuple(duration * part for part in _LATER) if duration else _LATER_S


def measured(video: VideoStream, looks: Iterable[Look]) -> VideoStream:
    """Return a stream with what the look tells of it that tells most."""
    look = max(looks, key=lambda each: each.moving, default=Look())
    count = look.moving
    if count < _FEWEST:
        return video
    low, high = _TWICE
    telecined = all(low <= twice / count <= high for twice in look.twice)
    parity = ""
    for name, most, least in (("tff", look.top, look.bottom), ("bff", look.bottom, look.top)):
        if not video.interlaced and most >= _MOST * count and least <= _FEW * count:
            parity = name
    return replace(video, parity=parity, telecined=telecined)
