"""Plans what is made of a file with sound and no picture."""

from dataclasses import dataclass
from typing import ClassVar

from workers.media.info import AudioStream, MediaInfo
from workers.media.ladder import Ladder
from workers.media.plan import sample_rate_of, select_audio


@dataclass(frozen=True, slots=True)
class PlannedAudio:
    """The one file to make; no bits of it are for a picture."""

    name: ClassVar[str] = "audio"
    file_name: ClassVar[str] = "audio.m4a"
    max_bitrate: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """As `EncodePlan`, for sound alone.

    Attributes:
        audio: the stream to decode.
        cover: the stream with the picture to make the poster of; None for one of the sound itself.
        audio_bitrate: bits per second.
        sample_rate: samples per second.
        total_duration: seconds, None if unknown.
    """

    audio: AudioStream
    cover: int | None
    audio_bitrate: int
    sample_rate: int
    total_duration: float | None
    # What an `EncodePlan` has too.
    renditions: ClassVar[tuple[PlannedAudio, ...]] = (PlannedAudio(),)
    sound_delay: ClassVar[float] = 0.0
    frame_count: ClassVar[None] = None


def plan_audio(info: MediaInfo, ladder: Ladder) -> AudioPlan:
    """Decide what to make of a source without a picture that `refuse` let through.

    Raises:
        ValueError: it has no sound either.
    """
    audio = select_audio(info.audio)
    if audio is None:
        raise ValueError("a source without sound cannot be planned as sound")
    return AudioPlan(
        audio=audio,
        cover=info.cover,
        audio_bitrate=ladder.audio_bitrate,
        sample_rate=sample_rate_of(audio),
        total_duration=audio.duration or info.duration,
    )
