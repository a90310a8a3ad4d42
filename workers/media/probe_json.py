"""Reads ffprobe's JSON into MediaInfo; it tolerates missing and odd values."""

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from workers.media.codecs import VIDEO
from workers.media.info import UNKNOWN_CODEC, AudioStream, MediaInfo, VideoStream
from workers.media.json_values import (
    Fields,
    integer,
    mapping,
    number,
    pixel_aspect,
    plain,
    positive,
    rate,
    rotation,
    seconds,
    sequence,
    text,
)  # fmt: skip
from workers.media.languages import tag_of
from workers.media.seen import heard, reordered, seen
from workers.media.texts import chapters_of, hidden_in, texts_of

_MKVMERGE = "_STATISTICS_WRITING_APP"  # a tag that only it writes, and FFmpeg copies
_MKVMERGES_LIBRARY = "libmatroska"
_EMPTY_TAG = "[0][0][0][0]"
_COVERS = frozenset({"mjpeg", "png"})
# Marks of sound that is not what most people should hear.
_BESIDE = (
    "comment", "lyrics", "karaoke", "hearing_impaired", "visual_impaired", "clean_effects",
    "non_diegetic", "descriptions", "dependent",
)  # fmt: skip
# What is told of some of them: values of `urn:mpeg:dash:role:2011` (ISO/IEC 23009-1, 5.8.5.5).
_ROLES = {
    "comment": "commentary",
    "visual_impaired": "description",
    "descriptions": "description",
    "hearing_impaired": "enhanced-audio-intelligibility",
    "karaoke": "karaoke",
    "dub": "dub",
}
_LONGEST_TITLE = 200  # characters; what is longer is no name
_WORKED_ON = frozenset({"video", "audio"})


class UnreadableProbeError(ValueError):
    """The text is not what ffprobe writes."""


def parse_probe(json_text: str) -> MediaInfo:
    """Read ffprobe's JSON of a file and its streams; of frames too if there are some.

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
    container = mapping(document.get("format"))
    own_tags = _MKVMERGES_LIBRARY in text(_tags(container).get("ENCODER"))
    format_name = text(container.get("format_name"))
    streams = [_timed(mapping(each), own_tags) for each in sequence(document.get("streams"))]
    if format_name == "asf":
        # The file's only length is given to each stream, and counted from where that begins.
        container, streams = {**container, "duration": None}, [*map(_own_length, streams)]
    videos = [each for each in streams if _is(each, "video") and not _picture(each)]
    wanted = [each for each in streams if _kind(each) in _WORKED_ON and not _picture(each)]
    frames = sequence(document.get("frames"))
    video = None
    if videos:
        chosen = _preferred(videos)
        video = seen(_video(chosen), chosen, frames)
        if text(container.get("format_name")) == "avi":
            video = reordered(video, chosen)
    foreign = _other_programmes(document.get("programs"), video)
    duration = _file_duration(container, streams)
    start_time = number(container.get("start_time")) or 0.0
    if format_name == "flv" and duration is not None and duration > start_time > 0:
        duration -= start_time  # it is the last time of a clock that may begin anywhere
    counted = _counted_seconds(video) if format_name == "avi" else None
    if video is not None and counted is not None:
        # FFmpeg estimates the length of a cut AVI from what is left; its header tells the truth.
        video = replace(video, duration=max(counted, video.duration or 0.0))
        duration = max(counted, duration or 0.0)
    hidden = (
        hidden_in(video.index, video.codec, format_name)
        if video is not None and video.captioned
        else ()
    )
    return MediaInfo(
        format_name=format_name,
        duration=duration,
        video=video,
        audio=tuple(heard(_audio(s, foreign), frames) for s in streams if _is(s, "audio")),
        cover=_cover(streams, frames),
        other_videos=max(len(videos) - 1, 0),
        subtitle_count=sum(_is(each, "subtitle") for each in streams),
        texts=(*texts_of(streams, format_name), *hidden),
        chapters=chapters_of(document.get("chapters"), start_time, duration),
        start_time=start_time,
        stream_count=len(wanted),
        beside_count=len(streams) - len(wanted),
        size=positive(container.get("size")),
        undescribed_count=sum(_codec(s) == UNKNOWN_CODEC and not _codec_tag(s) for s in streams),
    )


def _other_programmes(programmes: object, video: VideoStream | None) -> set[int]:
    """Return the streams that only programmes have that the picture is not in."""
    entries = [sequence(mapping(each).get("streams")) for each in sequence(programmes)]
    members = [{integer(mapping(each).get("index")) or 0 for each in of} for of in entries]
    if video is None:
        return set()
    own = [each for each in members if video.index in each]
    if not own:
        return set()
    return set().union(*members) - set().union(*own)


def _counted_seconds(video: VideoStream | None) -> float | None:
    if video is None or video.frame_count is None or video.avg_frame_rate is None:
        return None
    return float(video.frame_count / video.avg_frame_rate)


def _kind(stream: Fields) -> str:
    return text(stream.get("codec_type"))


def _is(stream: Fields, kind: str) -> bool:
    return _kind(stream) == kind


def _picture(stream: Fields) -> bool:
    """Cover art and thumbnails are still pictures that happen to be stored as video."""
    disposition = mapping(stream.get("disposition"))
    return any(
        integer(disposition.get(name)) == 1
        for name in ("attached_pic", "timed_thumbnails", "still_image")
    )


def _cover(streams: list[Fields], frames: Sequence[object]) -> int | None:
    """Return the first cover that was decoded."""
    decoded = {integer(f.get("stream_index")) for f in map(mapping, frames) if "width" in f}
    covers = (integer(s.get("index")) for s in streams if _picture(s) and _codec(s) in _COVERS)
    return next((index for index in covers if index in decoded), None)


def _preferred(videos: list[Fields]) -> Fields:
    """Return the film: of what moves and lasts, the largest. A thumbnail may come before it."""
    longest = max(_stream_duration(video) or 0.0 for video in videos)

    def rank(video: Fields) -> tuple[bool, bool, bool, int, bool]:
        return (
            _codec(video) in VIDEO,
            positive(video.get("nb_frames")) != 1,
            2 * (_stream_duration(video) or longest) >= longest,
            (integer(video.get("width")) or 0) * (integer(video.get("height")) or 0),
            integer(mapping(video.get("disposition")).get("default")) == 1,
        )

    return max(videos, key=rank)


def _video(stream: Fields) -> VideoStream:
    return VideoStream(
        index=integer(stream.get("index")) or 0,
        codec=_codec(stream),
        codec_tag=_codec_tag(stream),
        width=max(integer(stream.get("width")) or 0, 0),
        height=max(integer(stream.get("height")) or 0, 0),
        rotation=rotation(stream) or 0,
        sample_aspect_ratio=pixel_aspect(stream.get("sample_aspect_ratio")) or Fraction(1),
        avg_frame_rate=rate(stream.get("avg_frame_rate")),
        base_frame_rate=rate(stream.get("r_frame_rate")),
        pix_fmt=text(stream.get("pix_fmt")),
        color_range=text(stream.get("color_range")),
        color_primaries=text(stream.get("color_primaries")),
        color_transfer=text(stream.get("color_transfer")),
        color_space=text(stream.get("color_space")),
        field_order=text(stream.get("field_order")),
        frame_count=positive(stream.get("nb_frames")),
        start_time=number(stream.get("start_time")),
        duration=_stream_duration(stream),
        alpha_beside=_tags(stream).get("ALPHA_MODE") == "1",
    )


def _audio(stream: Fields, foreign: set[int]) -> AudioStream:
    disposition = mapping(stream.get("disposition"))
    index = integer(stream.get("index")) or 0
    tags = _tags(stream)
    marks = (role for mark, role in _ROLES.items() if integer(disposition.get(mark)) == 1)
    return AudioStream(
        index=index,
        codec=_codec(stream),
        codec_tag=_codec_tag(stream),
        channels=max(integer(stream.get("channels")) or 0, 0),
        layout=text(stream.get("channel_layout")),
        sample_rate=max(integer(stream.get("sample_rate")) or 0, 0),
        default=integer(disposition.get("default")) == 1,
        beside=any(integer(disposition.get(name)) == 1 for name in _BESIDE),
        other_programme=index in foreign,
        language=tag_of(text(tags.get("LANGUAGE"))),
        # An MP4 has the name of a track in a box `name`.
        title=plain(text(tags.get("TITLE")) or text(tags.get("NAME")), _LONGEST_TITLE),
        role=next(marks, ""),
        frame_count=positive(stream.get("nb_frames")),
        start_time=number(stream.get("start_time")),
        duration=_stream_duration(stream),
    )


def _codec(stream: Fields) -> str:
    return text(stream.get("codec_name")) or UNKNOWN_CODEC


def _codec_tag(stream: Fields) -> str:
    tag = text(stream.get("codec_tag_string"))
    return "" if tag == _EMPTY_TAG else tag


def _file_duration(container: Fields, streams: list[Fields]) -> float | None:
    declared = seconds(container.get("duration")) or seconds(
        mapping(container.get("tags")).get("DURATION")
    )
    lengths = [d for d in map(_stream_duration, streams) if d is not None]
    return declared or max(lengths, default=None)


def _stream_duration(stream: Fields) -> float | None:
    return seconds(stream.get("duration"))


def _timed(stream: Fields, own_tags: bool) -> Fields:
    """Return a stream with a length, also if only a tag has it, mkvmerge's own or another's."""
    tags = _tags(stream)
    tagged = seconds(tags.get("DURATION"))
    if tagged is None or seconds(stream.get("duration")) is not None:
        return stream
    if not (own_tags and _MKVMERGE in tags):
        # All others write the time at which the track ends.
        tagged -= number(stream.get("start_time")) or 0.0
    return {**stream, "duration": str(tagged)}


def _own_length(stream: Fields) -> Fields:
    """Return a stream that lasts from where it begins until the file ends."""
    length, late = _stream_duration(stream), number(stream.get("start_time"))
    if length is None or late is None:
        return stream
    return {**stream, "duration": str(max(length - max(late, 0.0), 0.0))}


def _tags(stream: Fields) -> Fields:
    return {str(k).upper(): v for k, v in mapping(stream.get("tags")).items()}
