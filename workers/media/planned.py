"""What a plan consists of: pictures, sounds, and what is streamed as it is. Values."""

from dataclasses import dataclass
from fractions import Fraction

from workers.media.info import AudioStream
from workers.media.ladder import Codec


@dataclass(frozen=True, slots=True)
class PlannedRendition:
    """One picture to make, of an even number of square pixels; `max_bitrate` is in bits a second.

    It becomes a file (`mp4`), or is streamed where the plan is, or both.
    """

    name: str
    width: int
    height: int
    crf: float
    max_bitrate: int
    buffer_size: int
    codec: Codec = "h264"
    mp4: bool = True
    streamed: bool = True

    @property
    def file_name(self) -> str:
        """Its name in the output directory."""
        return f"{self.name}.mp4"


@dataclass(frozen=True, slots=True)
class Packaged:
    """What of a source is streamed as it is.

    Attributes:
        picture: the number of its stream.
        sound: the number of its stream; None when the sound is encoded.
        width: in pixels, as the height.
        frame_rate: the average.
        max_bitrate: the highest of a segment of the picture, in bits per second.
        sound_bitrate: of the sound.
        channels: of the sound.
        late: seconds for which the first picture stands more than it would.
        seconds: how long the picture lasts without that.
    """

    picture: int
    sound: int | None
    width: int
    height: int
    frame_rate: Fraction
    max_bitrate: int
    sound_bitrate: int = 0
    channels: int = 0
    late: float = 0.0
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The name of its track, as that of the rung that it is in the place of."""
        return f"{min(self.width, self.height)}p"


@dataclass(frozen=True, slots=True)
class PlannedSound:
    """A sound that only the stream has, beside the default one; otherwise as `EncodePlan`.

    Attributes:
        name: of its track.
        channels: of what comes out: 1, 2, or 6 for 5.1.
        audio_bitrate: of stereo, and of 5.1, bits per second.
        length: seconds that it has at least: silence follows one that ends earlier. None where
            nobody knows how long the film is.
    """

    name: str
    audio: AudioStream
    channels: int
    audio_bitrate: int
    sample_rate: int
    sound_delay: float = 0.0
    length: float | None = None
    right: AudioStream | None = None
