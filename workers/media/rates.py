"""Chooses the one frame rate of all renditions of a source."""

import math
from fractions import Fraction

from workers.media.info import MediaInfo, VideoStream

# SMPTE ST 2036-1 and the television rates it grew from.
STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(48),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
FALLBACK_RATE = Fraction(30)
# Rates written with few digits (29.97, 2997/100) mean the standard one; 24 and 23.976 differ
# by a tenth of a percent and must stay apart.
_SAME_RATE = Fraction(1, 5000)
# Of film that was brought to television of 60 fields a second (2:3 pulldown).
FILM_RATE = Fraction(24000, 1001)
VIDEO_RATE = Fraction(30000, 1001)
# A base rate this close above the average is what the camera meant before it dropped frames, or
# what a part of the film has: one half may have every picture, the other one every second.
_NOMINAL = Fraction(3, 2)
_MANY = 16  # pictures
# How far the average of a constant source may lie from its base rate (a short last frame).
_JITTER = Fraction(1, 100)


# The part of the time of a picture by which clocks of milliseconds, and rates that are not exact,
# may move it.
_MOVES = 0.1


def output_rate(video: VideoStream, cap: Fraction) -> Fraction:
    """Choose the constant rate: the source's own when it is constant, else a standard one."""
    average, base = video.avg_frame_rate, video.base_frame_rate
    if video.pulldown or video.telecined:
        return min(FILM_RATE, cap)
    if average is None and base is None:
        return min(FALLBACK_RATE, cap)
    if video.variable_frame_rate and average is not None:
        return _capped(_steady(average, base, video.usual_rate), cap)
    rate = average or base or FALLBACK_RATE
    if base is not None and abs(rate - base) <= base * _JITTER:
        # A single picture that comes early, as where recordings were joined, spoils the base rate.
        rate = rate if _is_standard(rate) and not _is_standard(base) else base
    return _capped(_snap(rate), cap)


def rate_is_unknown(info: MediaInfo) -> bool:
    """Whether the rate of a picture changes, and too few pictures were seen to say what is usual.

    Of a still there are no more.
    """
    video = info.video
    if video is None or not video.present or video.usual_rate is not None:
        return False
    return video.variable_frame_rate and (video.frame_count or _MANY) >= _MANY


def rounding(video: VideoStream, late: float, rate: Fraction) -> str:
    """Choose how the times of pictures are brought to the places of a constant rate.

    If each is in the middle between two places, rounding to the nearest would take some back and
    some on: one place would have two pictures, and the next one none.

    Args:
        video: what is brought to that rate.
        late: seconds before its first picture.
        rate: places a second; the first one is at 0.

    Returns:
        near, down or up.
    """
    own = video.avg_frame_rate
    if own is None or video.variable_frame_rate or abs(own - rate) > rate * _JITTER:
        return "near"
    place = late * float(rate) % 1
    if abs(place - 0.5) > _MOVES:
        return "near"
    return "down" if place < 0.5 else "up"


def _steady(average: Fraction, base: Fraction | None, usual: Fraction | None) -> Fraction:
    """The nominal rate of a variable source, or the standard rate next to its average."""
    # An average above the base rate comes from a broken clock, one just below it from dropped
    # frames; far below it the base rate is only the grid that the time stamps lie on.
    # A long pause lowers the average too; what is usual between pictures it does not.
    if base is not None and usual is not None:
        average = max(average, min(usual, base))
    if base is not None and _is_standard(base) and base <= average * _NOMINAL:
        return _snap(base)
    # Never below 24: at a lower rate a moment would be shown more than 21 ms too early or late.
    return min(STANDARD_RATES, key=lambda rate: (abs(rate - average), rate))


def _snap(rate: Fraction) -> Fraction:
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    return nearest if abs(nearest - rate) <= nearest * _SAME_RATE else rate


def _is_standard(rate: Fraction) -> bool:
    return _snap(rate) in STANDARD_RATES


def _capped(rate: Fraction, cap: Fraction) -> Fraction:
    """Drop every second, third ... frame, so that motion stays even."""
    if rate <= cap:
        return rate
    return _snap(rate / math.ceil(rate / cap))
