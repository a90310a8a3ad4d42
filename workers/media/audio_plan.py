"""Plans what is made of a file with sound and no picture."""

from dataclasses import dataclass
from typing import ClassVar

from workers.media.info import AudioStream, MediaInfo
from workers.media.ladder import Ladder
from workers.media.plan import sample_rate_of, select_audio
from workers.media.planned import PlannedSound
from workers.media.texts import Chapter, TextStream


@dataclass(frozen=True, slots=True)
class PlannedAudio:
    """The one file to make; it has no picture."""

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
        container: of the source; as `MediaInfo.format_name`.
        streamed: whether segments for streaming are made too.
        others: sounds that the stream has beside the default one.
        texts: the streams of text to take out.
        chapters: of the source.
    """

    audio: AudioStream
    cover: int | None
    audio_bitrate: int
    sample_rate: int
    total_duration: float | None
    container: str = ""
    streamed: bool = False
    others: tuple[PlannedSound, ...] = ()
    texts: tuple[TextStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    # What an `EncodePlan` has too.
    renditions: ClassVar[tuple[PlannedAudio, ...]] = (PlannedAudio(),)
    files: ClassVar[tuple[PlannedAudio, ...]] = renditions
    sound_delay: ClassVar[float] = 0.0
    frame_count: ClassVar[None] = None
    right: ClassVar[None] = None


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
        container=info.format_name,
        streamed=ladder.streamed,
        texts=info.texts,
        chapters=info.chapters,
    )
