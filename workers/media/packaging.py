"""Decides whether a source is streamed as it is: packaged, not encoded. Pure.

What is taken is what every player takes: docs/decisions/0027-packaged-rung.md.
"""

from dataclasses import replace

from workers.formats.copyable import Copyable
from workers.formats.known import Doubt
from workers.media.ladder import Ladder
from workers.media.plan import FAST_FACTOR, FAST_RATE, MAX_LONG_SIDE, EncodePlan
from workers.media.planned import Packaged

# A group of pictures may be as long as Apple's players wait for a segment (HLS authoring guide,
# 1.13: target durations of 6 s).
_LONGEST_GROUP_S = 6.0
# Players ask for each segment by itself, so none but the last is shorter.
_SHORTEST_S = 0.5
# A segment may have so many times the bit rate of the average: as `BANDWIDTH` beside
# `AVERAGE-BANDWIDTH` of films on demand (HLS authoring guide, 9.3).
_PEAK = 2
# So long may the first picture stand before the second is due, and be silent or still at the end.
_APART_S = 0.5
# What an encoder of AAC puts before the sound; more is cut off by somebody who edited it.
_PRIMING_S = 0.1
_SOUND_BITRATE = 512_000
_MOST_RATE = 60.5  # pictures a second that hardware decoders are sure to keep up with


def packaged(
    plan: EncodePlan, late: float, picture: Copyable, sound: Copyable | None, ladder: Ladder
) -> Packaged:
    """Decide what is streamed as it is.

    Args:
        plan: what is encoded.
        late: seconds by which the picture begins after the file.
        picture: what the index tells of the stream of the picture.
        sound: the same of the sound; None when it cannot be copied.
        ladder: the sizes of the operator, with their bit rates.

    Raises:
        Doubt: nothing is. It says why.
    """
    video, sps = plan.video, picture.sps
    rate = video.avg_frame_rate
    if sps is None or rate is None:
        raise Doubt("its pictures are not described")
    odd = {
        "it is not H.264 of 8 bits, 4:2:0": (video.codec, video.pix_fmt) != ("h264", "yuv420p"),
        "its picture is not upright": video.rotation != 0 or video.turned_twice,
        "its pixels are not square": video.sample_aspect_ratio != 1,
        "its picture is cut, or changes its size": video.cropped or video.grows or plan.shapes,
        "its size is not that of its pictures": (sps.width, sps.height)
        != (video.width, video.height),
        "it holds fields": video.interlaced or video.parity or video.telecined or video.pulldown,
        "its colors must be converted": plan.tone_map or video.wide_gamut or video.alpha,
        "it is too large": max(sps.width, sps.height) > MAX_LONG_SIDE,
        "its frame rate is too high": picture.samples > _MOST_RATE * picture.seconds,
        "its index and its header disagree": picture.samples != video.frame_count,
        f"its groups of pictures last {picture.longest_group:.1f} s": picture.longest_group
        > _LONGEST_GROUP_S,
        f"a segment would last {picture.shortest:.2f} s": picture.shortest
        < min(_SHORTEST_S, picture.seconds),
        "picture and sound begin or end apart": not 0 <= late <= _APART_S or plan.hold > _APART_S,
    }
    for reason, is_so in odd.items():
        if is_so:
            raise Doubt(reason)
    ceiling = most_bitrate(min(sps.width, sps.height), float(rate), ladder)
    if picture.average > ceiling or picture.peak > _PEAK * ceiling:
        raise Doubt(f"its bit rate is {picture.average}, at most {picture.peak}")
    common = Packaged(
        picture=video.index,
        sound=None,
        width=sps.width,
        height=sps.height,
        frame_rate=rate.limit_denominator(1001),
        max_bitrate=picture.peak,
        late=late,
        seconds=picture.seconds,
    )
    return common if sound is None else _with_sound(common, plan, sound)


def most_bitrate(short_side: int, rate: float, ladder: Ladder) -> int:
    """Return the highest average bit rate at which a picture of a size is streamed as it is.

    It is that of the smallest rung that is not smaller. A picture above all of them may have as
    many bits for each pixel as the largest.
    """
    factor = FAST_FACTOR if rate > FAST_RATE else 1.0
    # Other codecs need fewer bits for the same picture.
    rungs = [rung for rung in ladder.rungs if rung.codec == "h264"] or ladder.rungs
    fitting = [rung for rung in rungs if rung.short_side >= short_side]
    if fitting:
        return round(fitting[-1].max_bitrate * factor)
    largest = rungs[0]
    return round(largest.max_bitrate * factor * (short_side / largest.short_side) ** 2)


def _with_sound(common: Packaged, plan: EncodePlan, sound: Copyable) -> Packaged:
    audio = plan.audio
    if audio is None or plan.right is not None or plan.sound_delay or sound.cut > _PRIMING_S:
        return common
    told = (audio.codec, audio.channels, audio.sample_rate, audio.frame_count)
    if (
        told != ("aac", sound.channels, sound.sample_rate, sound.samples)
        or sound.peak > _SOUND_BITRATE
    ):
        return common
    return replace(common, sound=audio.index, sound_bitrate=sound.average, channels=sound.channels)
