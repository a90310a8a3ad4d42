"""What the API tells about a source. Pure."""

from typing import Any

from workers.media.info import MediaInfo
from workers.media.plan import EncodePlan


def describe_source(info: MediaInfo, decided: EncodePlan) -> dict[str, Any]:
    """Return the facts that people read: seconds, upright square pixels, frames a second."""
    video = info.video
    assert video is not None  # it was planned
    rate = video.avg_frame_rate or decided.frame_rate
    return {
        "duration": None if info.duration is None else round(info.duration, 3),
        "width": video.display_width,
        "height": video.display_height,
        "video_codec": video.codec,
        "audio_codec": decided.audio.codec if decided.audio else None,
        "frame_rate": round(float(rate), 3),
    }
