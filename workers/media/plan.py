"""Plans an encode from a source and a ladder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from workers.media.info import AudioStream, MediaInfo, Shape, VideoStream
from workers.media.ladder import CODECS, Ladder, Rung
from workers.media.limits import decodable
from workers.media.planned import Packaged, PlannedRendition, PlannedSound
from workers.media.rates import output_rate, rounding
from workers.media.texts import Chapter, TextStream

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
_FEWEST_LINES = 3  # that a filter can make of fields
# Players that know no late start hear sound too early by as much.
_SOUND_ALIKE_S = 0.02
# Streams begin and end some frames apart; nobody sees or hears less than that.
_ALIKE_S = 0.1
# How long the last picture stands for a sound whose length is only said: that may be a lie, and
# what truly comes is seen when it is encoded.
_MOST_HELD_S = 30.0
# As ffprobe names the layout of one channel that is the left one, and the right one.
NAMED_SIDES = ("1 channels (FL)", "1 channels (FR)")


@dataclass(frozen=True, slots=True)
class EncodePlan:
    """Everything decided before FFmpeg starts.

    Attributes:
        video: the stream to decode.
        audio: the stream to decode, None for a silent result.
        renditions: largest first, at least one; at least one becomes a file.
        frame_rate: constant rate of every rendition.
        keyframe_interval: most frames between two places where a player can start.
        keyframe_seconds: a player can start at every multiple of this.
        audio_bitrate: bits per second.
        deinterlace: whether fields must be joined.
        tone_map: whether high dynamic range must be brought to standard.
        poster_frame: of the release before: number of the output frame that becomes the poster.
        duration: seconds of picture to make, None when the file does not say.
        frame_count: frames of output that makes, or None.
        total_duration: seconds of the longest stream, None if unknown.
        sample_rate: of the sound, samples a second.
        sound_delay: seconds before the sound begins.
        delay: seconds before the first picture, in which that one stands.
        shapes: of the picture, if they change.
        right: the stream of the right channel, if `audio` is only the left one.
        hold: seconds that the last picture stands, until the sound ends.
        container: of the source; as `MediaInfo.format_name`.
        streamed: whether segments for streaming are made too.
        storyboard: whether a storyboard is made too.
        others: sounds that the stream has beside the default one.
        rounding: how times of pictures are brought to the constant rate: near, down or up.
        packaged: what of the source is streamed as it is; None if nothing.
        texts: the streams of text to take out.
        chapters: of the source.
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
    container: str = ""
    right: AudioStream | None = None
    streamed: bool = False
    storyboard: bool = False
    others: tuple[PlannedSound, ...] = ()
    rounding: str = "near"
    packaged: Packaged | None = None
    texts: tuple[TextStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    @property
    def files(self) -> tuple[PlannedRendition, ...]:
        """The renditions that become files, largest first."""
        return tuple(each for each in self.renditions if each.mp4)

    @property
    def still(self) -> bool:
        """Whether it is made of one picture."""
        return self.duration is not None and self.duration == self.hold


def plan(info: MediaInfo, ladder: Ladder) -> EncodePlan:
    """Decide what to make of a source that `refuse` let through.

    Raises:
        ValueError: the source has no picture; `refuse` was not asked.
    """
    video = info.video
    if video is None or video.width < 1 or video.height < 1:
        raise ValueError("a source without a picture cannot be planned")
    rate = output_rate(video, ladder.max_frame_rate)
    audio, right = sides_of(info, select_audio(info.audio))
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
        sound_delay=delay_of(info, audio) if audio else 0.0,
        delay=delay,
        hold=hold,
        shapes=info.shapes,
        container=info.format_name,
        right=right,
        streamed=ladder.streamed,
        storyboard=ladder.storyboard,
        rounding=rounding(video, _late(info, video) - video.behind, rate),
        texts=info.texts,
        chapters=info.chapters,
    )


def held(decided: EncodePlan, picture: float, sound: float) -> EncodePlan:
    """Return a plan in which the last picture stands until the sound ends, by what came out.

    Both are in seconds; the picture without what it was held.
    """
    hold, length = max(sound - picture, 0.0), decided.duration
    if length is not None:
        length = max(length - decided.hold, picture) + hold
    frames = None if length is None else round(length * decided.frame_rate)
    return replace(decided, hold=hold, duration=length, frame_count=frames)


def select_audio(streams: tuple[AudioStream, ...]) -> AudioStream | None:
    """Return the track to play; one that cannot be decoded is passed over.

    First the programme of the picture counts, then that it is made for all, then the file's word.
    """

    def rank(stream: AudioStream) -> tuple[bool, bool, bool]:
        return not stream.other_programme, not stream.beside, stream.default

    usable = [stream for stream in streams if decodable(stream.codec)]
    return max(usable, key=rank, default=None)


def delay_of(info: MediaInfo, audio: AudioStream) -> float:
    """Return the seconds before a sound begins; 0 if nobody hears that it is late."""
    late = _late(info, audio)
    return late if late > _SOUND_ALIKE_S else 0.0


def sides_of(
    info: MediaInfo, audio: AudioStream | None
) -> tuple[AudioStream | None, AudioStream | None]:
    """Return the track to play and the one beside it, if each has one side of a stereo sound."""
    if audio is None or audio.channels != 1:
        return audio, None
    if audio.layout in NAMED_SIDES:
        # Cameras and editing programs write so; each track says which side it is.
        pair = [_of_layout(info, audio, layout) for layout in NAMED_SIDES]
        left, right = (audio if audio.layout == side else each
                       for side, each in zip(NAMED_SIDES, pair, strict=True))  # fmt: skip
        return (left, right) if left and right else (audio, None)
    if info.format_name != "mxf":
        return audio, None
    # MXF has a track for each channel, and none says which.
    after = info.audio[info.audio.index(audio) + 1 :][:1]
    return audio, next((each for each in after if alike(each, audio)), None)


def _of_layout(info: MediaInfo, audio: AudioStream, layout: str) -> AudioStream | None:
    """Return the first other track of a layout that belongs to a track."""
    others = (each for each in info.audio if each.layout == layout and each is not audio)
    return next((each for each in others if alike(each, audio)), None)


def alike(other: AudioStream, audio: AudioStream) -> bool:
    """Whether one track can be another channel of the sound that a track has one of."""
    theirs, mine = (
        (each.codec, each.sample_rate, each.duration, each.beside, each.language)
        for each in (other, audio)
    )
    return other.present and other.channels == 1 and theirs == mine


def renditions(video: VideoStream, ladder: Ladder, rate: Fraction) -> tuple[PlannedRendition, ...]:
    """Sizes to make, largest first: no rung above the source; at least one becomes a file."""
    files = [rung for rung in ladder.rungs if rung.mp4]
    streamed = [rung for rung in ladder.rungs if rung.streamed and ladder.streamed]
    made: dict[str, PlannedRendition] = {}
    for rung, target in (*_fitting(video, files), *_fitting(video, streamed)):
        rendition = _rendition(video, rung, target, rate)
        # Rungs may fall together. The one that becomes a file comes first, and is as it must be.
        before = made.get(rendition.name, rendition)
        is_streamed = before.streamed or rendition.streamed
        made[rendition.name] = replace(before, streamed=is_streamed)
    return tuple(
        sorted(
            made.values(), key=lambda each: (-each.width * each.height, CODECS.index(each.codec))
        )
    )


def _fitting(video: VideoStream, rungs: Sequence[Rung]) -> list[tuple[Rung, Fraction]]:
    """Return rungs with the short sides to make; the smallest at the source's size if none fits."""
    short = min(video.display_size)
    fitting = [(rung, Fraction(rung.short_side)) for rung in rungs if rung.short_side <= short]
    if fitting or not rungs:
        return fitting
    return [(rung, short) for rung in rungs if rung.short_side == rungs[-1].short_side]


def _rendition(
    video: VideoStream, rung: Rung, target: Fraction, rate: Fraction
) -> PlannedRendition:
    width, height = video.display_size
    scale = min(target / min(width, height), MAX_LONG_SIDE / max(width, height))
    even_width, even_height = _even(width * scale), _even(height * scale)
    factor = FAST_FACTOR if rate > FAST_RATE else 1.0
    size = f"{min(even_width, even_height)}p"
    return PlannedRendition(
        name=size if rung.codec == "h264" else f"{size}-{rung.codec}",
        width=even_width,
        height=even_height,
        crf=rung.crf,
        max_bitrate=round(rung.max_bitrate * factor),
        buffer_size=round(rung.buffer_size * factor),
        codec=rung.codec,
        mp4=rung.mp4,
        streamed=rung.streamed,
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
    if audio and not _indexed(info, audio):
        hold = min(hold, _MOST_HELD_S)
    return delay, length + hold, hold


def _indexed(info: MediaInfo, audio: AudioStream) -> bool:
    """Whether the length of a sound is that of an index, which has all its packets."""
    return "mp4" in info.format_name.split(",") and audio.frame_count is not None


def _late(info: MediaInfo, stream: VideoStream | AudioStream) -> float:
    return 0.0 if stream.start_time is None else stream.start_time - info.start_time


def _may_hold_fields(info: MediaInfo, video: VideoStream) -> bool:
    """Whether fields were seen, or may come later; what is no field is left as it is."""
    if info.still or min(video.width, video.height) < _FEWEST_LINES:
        return False
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
