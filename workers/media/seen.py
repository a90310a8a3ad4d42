"""What a decoder gave, over what the headers of a file say. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workers.media.info import AudioStream, VideoStream
from workers.media.json_values import integer, mapping, number, pixel_aspect, rotation, sides, text

Fields = Mapping[str, Any]

# A film takes two fields and three in turn for a picture; others hold one or another a bit longer.
_PULLDOWN_SHARE = (0.4, 0.6)
_FEWEST_FOR_PULLDOWN = 8


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
    return replace(
        video,
        width=width if cropped else integer(first.get("width")) or video.width,
        height=height if cropped else integer(first.get("height")) or video.height,
        cropped=cropped,
        rotation=video.rotation if turned is None else turned,
        sample_aspect_ratio=pixel_aspect(first.get("sample_aspect_ratio"))
        or video.sample_aspect_ratio,
        pix_fmt=text(first.get("pix_fmt")) or video.pix_fmt,
        color_range=text(first.get("color_range")) or video.color_range,
        color_primaries=text(first.get("color_primaries")) or video.color_primaries,
        color_transfer=text(first.get("color_transfer")) or video.color_transfer,
        color_space=text(first.get("color_space")) or video.color_space,
        fields=any(integer(each.get("interlaced_frame")) == 1 for each in pictures),
        pulldown=_pulldown(pictures),
        dolby_vision=_dolby_vision(stream),
    )


def heard(audio: AudioStream, frames: Sequence[object]) -> AudioStream:
    """Return a sound that begins where its first frame does, if that is later than it says."""
    times = (
        number(each.get("best_effort_timestamp_time"))
        for each in map(mapping, frames)
        if integer(each.get("stream_index")) == audio.index
    )
    first = next((time for time in times if time is not None), None)
    late = 0.0 if first is None else first - (audio.start_time or 0.0)
    if late <= 0:
        return audio
    length = None if audio.duration is None else max(audio.duration - late, 0.0)
    return replace(audio, start_time=first, duration=length or None)


def _of(frame: Fields, video: VideoStream) -> bool:
    return integer(frame.get("stream_index")) == video.index and "width" in frame


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


def _dolby_vision(stream: Fields) -> int | None:
    found: Iterator[int | None] = (
        integer(side.get("dv_profile"))
        for side in sides(stream)
        if text(side.get("side_data_type")).startswith("DOVI configuration")
    )
    return next(found, None)
