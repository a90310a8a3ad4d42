"""What a decoder gave, over what the headers of a file say. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

from workers.media.info import AudioStream, VideoStream
from workers.media.json_values import integer, mapping, number, pixel_aspect, rotation, sides, text

Fields = Mapping[str, Any]

# A film takes two fields and three in turn for a picture; others hold one or another a bit longer.
_PULLDOWN_SHARE = (0.4, 0.6)
_FEWEST_FOR_PULLDOWN = 8
_FEWEST_FOR_A_RATE = 8
_FEWEST_FIELDS, _IN_TURN = 4, 0.7
_CAPTIONS = "ATSC A53 Part 4 Closed Captions"
_MOST_AHEAD = 16  # pictures that a decoder holds back: H.264, A.3.1


def seen(video: VideoStream, stream: Fields, frames: Sequence[object]) -> VideoStream:
    """Return a stream as its first pictures show it.

    Args:
        video: as the header of its stream says.
        stream: ffprobe's entry of it.
        frames: ffprobe's entries of decoded frames, of all streams.
    """
    pictures = [each for each in map(mapping, frames) if _of(each, video)]
    first = pictures[0] if pictures else {}
    left, right, top, bottom = _cropping(stream)
    width = (integer(first.get("width")) or video.width) - left - right
    height = (integer(first.get("height")) or video.height) - top - bottom
    cropped = bool(left or right or top or bottom) and width > 1 and height > 1
    turned = rotation(first)
    found = replace(
        video,
        width=width if cropped else integer(first.get("width")) or video.width,
        height=height if cropped else integer(first.get("height")) or video.height,
        cropped=cropped,
        rotation=video.rotation if turned is None else turned,
        sample_aspect_ratio=pixel_aspect(first.get("sample_aspect_ratio"))
        or video.sample_aspect_ratio,
        usual_rate=_usual_rate(pictures),
        pix_fmt=text(first.get("pix_fmt")) or video.pix_fmt,
        color_range=text(first.get("color_range")) or video.color_range,
        color_primaries=text(first.get("color_primaries")) or video.color_primaries,
        color_transfer=text(first.get("color_transfer")) or video.color_transfer,
        color_space=text(first.get("color_space")) or video.color_space,
        fields=any(integer(each.get("interlaced_frame")) == 1 for each in pictures),
        pulldown=_pulldown(pictures),
        dolby_vision=_dolby_vision(stream, "dv_profile"),
        dolby_vision_base=_dolby_vision(stream, "dv_bl_signal_compatibility_id"),
        present=bool(pictures) or video.frame_count is not None,
        turned_twice=sum("rotation" in side for side in sides(first)) > 1,
        # Where only sound came so far nobody knows.
        captioned=(bool(frames) and not pictures)
        or any(
            text(side.get("side_data_type")) == _CAPTIONS
            for each in pictures
            for side in sides(each)
        ),
    )
    if video.codec != "hevc" or not _in_turn(pictures):
        return found
    return _joined(found, "top" if integer(first.get("top_field_first")) == 1 else "bottom")


def reordered(video: VideoStream, stream: Fields) -> VideoStream:
    """Return a stream of a container that tells no times of pictures, as AVI.

    They are shown one after another from the beginning. A decoder that reorders them gives each as
    many pictures later.
    """
    rate, ahead = video.avg_frame_rate, integer(stream.get("has_b_frames")) or 0
    if not rate or not 0 < ahead <= _MOST_AHEAD:
        return video
    return replace(video, behind=float(ahead / rate))


def _in_turn(pictures: Sequence[Fields]) -> bool:
    """Whether each picture is one field: an upper one after a lower one, and so on.

    H.265 stores them so, and decoders pass them on so.
    """
    fields = [integer(each.get("interlaced_frame")) == 1 for each in pictures]
    upper = [integer(each.get("top_field_first")) == 1 for each in pictures]
    # Of the last ones that were read some are missing: others refer to what comes later.
    alternate = sum(each != after for each, after in pairwise(upper))
    return len(fields) >= _FEWEST_FIELDS and all(fields) and alternate >= _IN_TURN * len(fields)


def _joined(video: VideoStream, first: str) -> VideoStream:
    """Return a stream of fields, of which that comes first, as one of the pictures they make."""
    fields = video.usual_rate or video.avg_frame_rate
    rate = fields and fields / 2
    return replace(
        video,
        split=first,
        height=2 * video.height,
        avg_frame_rate=rate,
        base_frame_rate=rate,
        usual_rate=rate,
        frame_count=video.frame_count and max(video.frame_count // 2, 1),
        # A picture comes with its second field.
        behind=float(1 / fields) if fields else 0.0,
    )


def heard(audio: AudioStream, frames: Sequence[object]) -> AudioStream:
    """Return a sound that begins where its first frame does, if that is later than it says."""
    own = [
        each for each in map(mapping, frames) if integer(each.get("stream_index")) == audio.index
    ]
    times = (number(each.get("best_effort_timestamp_time")) for each in own)
    first = next((time for time in times if time is not None), None)
    return replace(begun(audio, first), present=bool(own) or audio.frame_count is not None)


def begun(audio: AudioStream, first: float | None) -> AudioStream:
    """Return a sound that begins at a time in seconds, if that is later than it says."""
    late = 0.0 if first is None else first - (audio.start_time or 0.0)
    if late <= 0:
        return audio
    length = None if audio.duration is None else max(audio.duration - late, 0.0)
    return replace(audio, start_time=first, duration=length or None)


def _of(frame: Fields, video: VideoStream) -> bool:
    return integer(frame.get("stream_index")) == video.index and "width" in frame


def _usual_rate(pictures: Sequence[Fields]) -> Fraction | None:
    """Return the rate that most pictures follow each other at; pauses between them do not count."""
    found = (number(each.get("best_effort_timestamp_time")) for each in pictures)
    times = [each for each in found if each is not None]
    if len(times) < _FEWEST_FOR_A_RATE:
        return None
    usual = median(after - before for before, after in pairwise(times))
    return Fraction(round(1000 / usual), 1000) if usual > 0 else None


def _pulldown(pictures: Sequence[Fields]) -> bool:
    """Whether every second picture is told to stay for a field more (2:3 pulldown)."""
    held = [integer(each.get("repeat_pict")) == 1 for each in pictures]
    if len(held) < _FEWEST_FOR_PULLDOWN:
        return False
    low, high = _PULLDOWN_SHARE
    return low <= sum(held) / len(held) <= high


def _cropping(stream: Fields) -> tuple[int, int, int, int]:
    """Return what the container cuts off left, right, at the top and at the bottom."""
    for side in sides(stream):
        if text(side.get("side_data_type")) == "Frame Cropping":
            names = ("crop_left", "crop_right", "crop_top", "crop_bottom")
            left, right, top, bottom = (max(integer(side.get(n)) or 0, 0) for n in names)
            return left, right, top, bottom
    return 0, 0, 0, 0


def _dolby_vision(stream: Fields, name: str) -> int | None:
    found: Iterator[int | None] = (
        integer(side.get(name))
        for side in sides(stream)
        if text(side.get("side_data_type")).startswith("DOVI configuration")
    )
    return next(found, None)
