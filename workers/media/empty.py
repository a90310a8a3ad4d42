"""Which tracks of a file are announced and have nothing in them. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.json_values import number
from workers.media.plan import select_audio
from workers.media.seen import begun


def doubtful(info: MediaInfo) -> VideoStream | AudioStream | None:
    """Return a track that would be used, and of which nobody has seen a packet yet."""
    if info.video is not None and not info.video.present and info.audio:
        return info.video
    audio = select_audio(info.audio)
    return audio if audio is not None and not audio.present else None


def met(info: MediaInfo, stream: VideoStream | AudioStream, lines: Sequence[str]) -> MediaInfo:
    """Return a file as its packets of a stream show it.

    Each line begins with the time of a packet in seconds; they begin with the first of its packets.
    """
    times = [number(line.split(",")[0]) for line in lines]
    first = next((time for time in times if time is not None), None)
    if stream is info.video:
        return replace(info, video=replace(info.video, present=True))
    audio = tuple(
        replace(begun(each, first), present=True) if each is stream else each for each in info.audio
    )
    return replace(info, audio=audio)


def without(info: MediaInfo, stream: VideoStream | AudioStream) -> MediaInfo:
    """Return a file as if it did not have a track."""
    video = None if stream is info.video else info.video
    return replace(
        info, video=video, audio=tuple(each for each in info.audio if each is not stream)
    )
