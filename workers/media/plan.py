"""Plans an encode from a source and a ladder."""

from dataclasses import dataclass, replace
from fractions import Fraction

from workers.media.info import AudioStream, MediaInfo, Shape, VideoStream
from workers.media.ladder import Ladder, Rung
from workers.media.limits import decodable
from workers.media.rates import output_rate

POSTER_NAME = "poster.jpg"
# The widest picture that hardware decoders take at H.264 level 5.1.
MAX_LONG_SIDE = 4096
# The ceiling of a rung holds up to 30 pictures a second; twice as many need about half more,
# since neighbours differ less (the step of Apple's HLS authoring guide, section 1).
FAST_RATE = 31
FAST_FACTOR = 1.5
STILL_S = 5.0  # a picture on its own is shown for so long
MAX_SAMPLE_RATE = 48_000
_SAMPLE_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, MAX_SAMPLE_RATE})
# Codecs that know no fields, and containers whose header tells of all the pictures they hold.
_WHOLE_FRAMES = frozenset({"vp8", "vp9", "av1", "vp6", "vp6a", "vp6f", "flv1", "theora", "gif"})
_TOLD_ONCE = frozenset({"mp4", "matroska", "flv"})
# Players that know no late start hear sound too early by as much.
_SOUND_ALIKE_S = 0.02
# Streams begin and end some frames apart; nobody sees or hears less than that.
_ALIKE_S = 0.1


@dataclass(frozen=True, slots=True)
class PlannedRendition:
    """One file to make, of an even number of square pixels; `max_bitrate` is in bits a second."""

    name: str
    width: int
    height: int
    crf: float
    max_bitrate: int
    buffer_size: int

    @property
    def file_name(self) -> str:
        """Its name in the output directory."""
        return f"{self.name}.mp4"


@dataclass(frozen=True, slots=True)
class EncodePlan:
    """Everything decided before FFmpeg starts.

    Attributes:
        video: the stream to decode.
        audio: the stream to decode, None for a silent result.
        renditions: largest first, at least one.
        frame_rate: constant rate of every rendition.
        keyframe_interval: most frames between two places where a player can start.
        keyframe_seconds: a player can start at every multiple of this.
        audio_bitrate: bits per second.
        deinterlace: whether fields must be joined.
        tone_map: whether high dynamic range must be brought to standard.
        poster_frame: number of the output frame that becomes the poster.
        duration: seconds of picture to make, None when the file does not say.
        frame_count: frames of output that makes, or None.
        total_duration: seconds of the longest stream, None if unknown.
        sample_rate: of the sound, samples a second.
        sound_delay: seconds before the sound begins.
        delay: seconds before the first picture, in which that one stands.
        shapes: of the picture, if they change.
        hold: seconds that the last picture stands, until the sound ends.
    """

    video: VideoStream
    audio: AudioStream | None
    renditions: tuple[PlannedRendition, ...]
    frame_rate: Fraction
    keyframe_interval: int
    keyframe_seconds: float
    preset: str
    audio_bitrate: int
    deinterlace: bool
    tone_map: bool
    poster_frame: int
    duration: float | None
    frame_count: int | None
    total_duration: float | None
    sample_rate: int = MAX_SAMPLE_RATE
    sound_delay: float = 0.0
    delay: float = 0.0
    hold: float = 0.0
    shapes: tuple[Shape, ...] = ()


def plan(info: MediaInfo, ladder: Ladder) -> EncodePlan:
    """Decide what to make of a source that `refuse` let through.

    Raises:
        ValueError: the source has no picture; `refuse` was not asked.
    """
    video = info.video
    if video is None or video.width < 1 or video.height < 1:
        raise ValueError("a source without a picture cannot be planned")
    rate = output_rate(video, ladder.max_frame_rate)
    audio = select_audio(info.audio)
    late = _late(info, audio) if audio else 0.0
    delay, duration, hold = _times(info, video, audio)
    frames = None if duration is None else max(round(duration * rate), 1)
    return EncodePlan(
        video=video,
        audio=audio,
        renditions=renditions(video, ladder, rate),
        frame_rate=rate,
        keyframe_interval=max(round(ladder.keyframe_seconds * rate), 1),
        keyframe_seconds=ladder.keyframe_seconds,
        preset=ladder.preset,
        audio_bitrate=ladder.audio_bitrate,
        deinterlace=_may_hold_fields(info, video),
        tone_map=video.hdr,
        poster_frame=(frames or 0) // 10,
        duration=duration,
        frame_count=frames,
        total_duration=info.duration,
        sample_rate=sample_rate_of(audio),
        sound_delay=late if late > _SOUND_ALIKE_S else 0.0,
        delay=delay,
        hold=hold,
        shapes=info.shapes,
    )


def held(decided: EncodePlan, seconds: float) -> EncodePlan:
    """Return a plan in which the last picture stands for longer."""
    more = None if decided.duration is None else decided.duration + seconds
    frames = None if more is None else round(more * decided.frame_rate)
    return replace(decided, hold=decided.hold + seconds, duration=more, frame_count=frames)


def select_audio(streams: tuple[AudioStream, ...]) -> AudioStream | None:
    """The default track, else the first; a track that cannot be decoded is passed over."""
    usable = [stream for stream in streams if decodable(stream.codec)]
    return next((stream for stream in usable if stream.default), next(iter(usable), None))


def renditions(video: VideoStream, ladder: Ladder, rate: Fraction) -> tuple[PlannedRendition, ...]:
    """Sizes to make, largest first: no rung above the source, and at least one."""
    short = min(video.display_size)
    fitting = [rung for rung in ladder.rungs if rung.short_side <= short]
    if fitting:
        wanted = [(rung, Fraction(rung.short_side)) for rung in fitting]
    else:
        wanted = [(ladder.rungs[-1], short)]
    made: dict[str, PlannedRendition] = {}
    for rung, target in wanted:
        rendition = _rendition(video, rung, target, rate)
        made.setdefault(rendition.name, rendition)
    return tuple(made.values())


def _rendition(
    video: VideoStream, rung: Rung, target: Fraction, rate: Fraction
) -> PlannedRendition:
    width, height = video.display_size
    scale = min(target / min(width, height), MAX_LONG_SIDE / max(width, height))
    even_width, even_height = _even(width * scale), _even(height * scale)
    factor = FAST_FACTOR if rate > FAST_RATE else 1.0
    return PlannedRendition(
        name=f"{min(even_width, even_height)}p",
        width=even_width,
        height=even_height,
        crf=rung.crf,
        max_bitrate=round(rung.max_bitrate * factor),
        buffer_size=round(rung.buffer_size * factor),
    )


def _even(side: Fraction) -> int:
    """The nearest even number; a tie goes down, so that an odd source is not blown up."""
    below = side // 2 * 2
    return max(int(below if side - below <= 1 else below + 2), 2)


def _times(
    info: MediaInfo, video: VideoStream, audio: AudioStream | None
) -> tuple[float, float | None, float]:
    """Return how long the first picture stands, the length of all, and how long the last stands."""
    delay = late if (late := _late(info, video)) > _ALIKE_S else 0.0
    if info.still:
        return 0.0, STILL_S, STILL_S
    length = _picture_seconds(video)
    if length is None:
        return delay, None, 0.0
    length += delay
    sound = max(_late(info, audio), 0.0) + audio.duration if audio and audio.duration else 0.0
    # Of a program stream lengths are estimated: how long the picture is shows when it is encoded.
    known = info.format_name != "mpeg"
    hold = sound - length if known and sound - length > _ALIKE_S else 0.0
    return delay, length + hold, hold


def _late(info: MediaInfo, stream: VideoStream | AudioStream) -> float:
    return (stream.start_time or info.start_time) - info.start_time


def _may_hold_fields(info: MediaInfo, video: VideoStream) -> bool:
    """Whether fields were seen, or may come later; what is no field is left as it is."""
    told = video.field_order == "progressive" and _TOLD_ONCE & set(info.format_name.split(","))
    if video.interlaced or video.parity or video.telecined:
        return True
    return not (told or video.codec in _WHOLE_FRAMES)


def sample_rate_of(audio: AudioStream | None) -> int:
    """Return the sound's own rate if an AAC of that rate plays everywhere, else the usual one."""
    return audio.sample_rate if audio and audio.sample_rate in _SAMPLE_RATES else MAX_SAMPLE_RATE


def _picture_seconds(video: VideoStream) -> float | None:
    if video.duration is not None:
        return video.duration
    if video.frame_count is not None and video.frame_rate and not video.variable_frame_rate:
        return float(video.frame_count / video.frame_rate)
    return None
