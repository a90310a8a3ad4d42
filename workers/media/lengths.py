"""How long a file is, where its header may not be believed. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from workers.media.info import MediaInfo
from workers.media.json_values import number

# So far before the end that it promises a file is read on: neighbours may be some seconds apart.
TAIL_S = 60.0


def uncounted(info: MediaInfo) -> MediaInfo:
    """Return a file whose header counts pictures, but not by what is there."""
    return replace(info, video=info.video and replace(info.video, frame_count=None))


def measured(info: MediaInfo, lines: Iterable[str]) -> MediaInfo:
    """Return a file with the length that its last packets show.

    Each line is `time,duration` of a packet, from `TAIL_S` before the promised end on, or from the
    last place before it. If none is there, the length is not known.
    """
    ends = []
    for line in lines:
        time, length, *_ = [*line.strip().split(","), "", ""]
        if (at := number(time)) is not None:
            ends.append(at + (number(length) or 0.0) - info.start_time)
    end = max(ends, default=None)
    if end is not None and end >= (info.duration or 0.0) - TAIL_S:
        return info
    return lasting(info, end)


def lasting(info: MediaInfo, seconds: float | None) -> MediaInfo:
    """Return a file of another length than it says, or of an unknown one."""
    video = info.video and replace(info.video, duration=seconds, frame_count=None)
    audio = tuple(replace(stream, duration=None) for stream in info.audio)
    return replace(info, duration=seconds, video=video, audio=audio)
