"""Reads ffprobe's JSON into MediaInfo; it tolerates missing and odd values."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from workers.media.info import UNKNOWN_CODEC, AudioStream, MediaInfo, VideoStream

Fields = Mapping[str, Any]

_LEADING_INTEGER = re.compile(r"\s*(-?\d+)")
_EMPTY_TAG = "[0][0][0][0]"
# A pixel shape beyond this is a writing mistake; honouring it would make a picture a line.
_MAX_PIXEL_ASPECT = 10
_MAX_RATE = 1_000_000
_KINDS = frozenset({"video", "audio", "subtitle"})


class UnreadableProbeError(ValueError):
    """The text is not what ffprobe writes."""


def parse_probe(json_text: str) -> MediaInfo:
    """Read the JSON of `ffprobe -show_format -show_streams`.

    Missing fields, `N/A`, `0/0` and text where a number belongs become None or a neutral value.

    Raises:
        UnreadableProbeError: the text is no JSON object at all.
    """
    try:
        document = json.loads(json_text)
    except (ValueError, RecursionError) as error:
        raise UnreadableProbeError("ffprobe's answer is not JSON") from error
    if not isinstance(document, dict):
        raise UnreadableProbeError("ffprobe's answer is not a JSON object")
    container = _mapping(document.get("format"))
    streams = [_mapping(stream) for stream in _list(document.get("streams"))]
    videos = [each for each in streams if _is(each, "video") and not _picture(each)]
    wanted = [each for each in streams if _kind(each) in _KINDS and not _picture(each)]
    video = _video(_preferred(videos)) if videos else None
    format_name, duration = _text(container.get("format_name")), _file_duration(container, streams)
    counted = _counted_seconds(video) if format_name == "avi" else None
    if video is not None and counted is not None:
        # FFmpeg estimates the length of a cut AVI from what is left; its header tells the truth.
        video = replace(video, duration=max(counted, video.duration or 0.0))
        duration = max(counted, duration or 0.0)
    return MediaInfo(
        format_name=format_name,
        duration=duration,
        video=video,
        audio=tuple(_audio(each) for each in streams if _is(each, "audio")),
        other_videos=max(len(videos) - 1, 0),
        subtitle_count=sum(_is(each, "subtitle") for each in streams),
        start_time=_number(container.get("start_time")) or 0.0,
        stream_count=len(wanted),
        beside_count=len(streams) - len(wanted),
        undescribed_count=sum(_codec(s) == UNKNOWN_CODEC and not _codec_tag(s) for s in streams),
    )


def _counted_seconds(video: VideoStream | None) -> float | None:
    if video is None or video.frame_count is None or video.avg_frame_rate is None:
        return None
    return float(video.frame_count / video.avg_frame_rate)


def _kind(stream: Fields) -> str:
    return _text(stream.get("codec_type"))


def _is(stream: Fields, kind: str) -> bool:
    return _kind(stream) == kind


def _picture(stream: Fields) -> bool:
    """Cover art and thumbnails are still pictures that happen to be stored as video."""
    disposition = _mapping(stream.get("disposition"))
    return any(
        _integer(disposition.get(name)) == 1
        for name in ("attached_pic", "timed_thumbnails", "still_image")
    )


def _preferred(videos: list[Fields]) -> Fields:
    """Return the film: of what moves and lasts, the largest. A thumbnail may come before it."""
    longest = max(_stream_duration(video) or 0.0 for video in videos)

    def rank(video: Fields) -> tuple[bool, bool, bool, int, bool]:
        return (
            _codec(video) != UNKNOWN_CODEC,
            _positive(video.get("nb_frames")) != 1,
            2 * (_stream_duration(video) or longest) >= longest,
            (_integer(video.get("width")) or 0) * (_integer(video.get("height")) or 0),
            _integer(_mapping(video.get("disposition")).get("default")) == 1,
        )

    return max(videos, key=rank)


def _video(stream: Fields) -> VideoStream:
    return VideoStream(
        index=_integer(stream.get("index")) or 0,
        codec=_codec(stream),
        codec_tag=_codec_tag(stream),
        width=max(_integer(stream.get("width")) or 0, 0),
        height=max(_integer(stream.get("height")) or 0, 0),
        rotation=_rotation(stream),
        sample_aspect_ratio=_pixel_aspect(stream.get("sample_aspect_ratio")),
        avg_frame_rate=_rate(stream.get("avg_frame_rate")),
        base_frame_rate=_rate(stream.get("r_frame_rate")),
        pix_fmt=_text(stream.get("pix_fmt")),
        color_primaries=_text(stream.get("color_primaries")),
        color_transfer=_text(stream.get("color_transfer")),
        color_space=_text(stream.get("color_space")),
        field_order=_text(stream.get("field_order")),
        frame_count=_positive(stream.get("nb_frames")),
        start_time=_number(stream.get("start_time")),
        duration=_stream_duration(stream),
    )


def _audio(stream: Fields) -> AudioStream:
    return AudioStream(
        index=_integer(stream.get("index")) or 0,
        codec=_codec(stream),
        codec_tag=_codec_tag(stream),
        channels=max(_integer(stream.get("channels")) or 0, 0),
        sample_rate=max(_integer(stream.get("sample_rate")) or 0, 0),
        default=_integer(_mapping(stream.get("disposition")).get("default")) == 1,
        start_time=_number(stream.get("start_time")),
        duration=_stream_duration(stream),
    )


def _codec(stream: Fields) -> str:
    return _text(stream.get("codec_name")) or UNKNOWN_CODEC


def _codec_tag(stream: Fields) -> str:
    tag = _text(stream.get("codec_tag_string"))
    return "" if tag == _EMPTY_TAG else tag


def _rotation(stream: Fields) -> int:
    """Clockwise degrees; ffprobe's side data counts the other way round, its old tag does not."""
    degrees: float | None = None
    for side in _list(stream.get("side_data_list")):
        turned = _number(_mapping(side).get("rotation"))
        if turned is not None:
            degrees = -turned
    if degrees is None:
        degrees = _number(_mapping(stream.get("tags")).get("rotate"))
    quarter = round((degrees or 0.0) / 90)
    # FFmpeg turns other angles inside the stored frame, which keeps its shape.
    return quarter * 90 % 360 if abs((degrees or 0.0) - quarter * 90) <= 1 else 0


def _pixel_aspect(value: object) -> Fraction:
    ratio = _fraction(value, ":")
    if ratio is None or not Fraction(1, _MAX_PIXEL_ASPECT) <= ratio <= _MAX_PIXEL_ASPECT:
        return Fraction(1)
    return ratio


def _rate(value: object) -> Fraction | None:
    rate = _fraction(value, "/")
    return rate if rate is not None and 0 < rate <= _MAX_RATE else None


def _file_duration(container: Fields, streams: list[Fields]) -> float | None:
    declared = _seconds(container.get("duration")) or _seconds(
        _mapping(container.get("tags")).get("DURATION")
    )
    lengths = [d for d in map(_stream_duration, streams) if d is not None]
    return declared or max(lengths, default=None)


def _stream_duration(stream: Fields) -> float | None:
    tags = {str(k).upper(): v for k, v in _mapping(stream.get("tags")).items()}
    return _seconds(stream.get("duration")) or _seconds(tags.get("DURATION"))


def _seconds(value: object) -> float | None:
    """Plain seconds or Matroska's `00:00:01.234000000`; None unless above zero."""
    text = _text(value)
    parts = text.split(":")
    if len(parts) == 3:
        numbers = [_number(part) for part in parts]
        hours, minutes, seconds = (n or 0.0 for n in numbers)
        total: float | None = hours * 3600 + minutes * 60 + seconds
    else:
        total = _number(value)
    return total if total is not None and total > 0 else None


def _fraction(value: object, separator: str) -> Fraction | None:
    above, _, below = _text(value).partition(separator)
    numerator, denominator = _integer(above), _integer(below) if below else 1
    if not numerator or not denominator or numerator < 0 or denominator < 0:
        return None
    return Fraction(numerator, denominator)


def _number(value: object) -> float | None:
    try:
        number = float(_text(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _integer(value: object) -> int | None:
    """The whole number a value starts with: some files make ffprobe print `311|`."""
    found = _LEADING_INTEGER.match(_text(value)[:20])
    return int(found.group(1)) if found else None


def _positive(value: object) -> int | None:
    number = _integer(value)
    return number if number is not None and number > 0 else None


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()
    return "" if text in {"N/A", "unknown", "reserved"} else text


def _mapping(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
