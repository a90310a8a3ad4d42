"""Plans the tracks of a stream: every size of the picture, and the sound on its own. Pure."""

from dataclasses import dataclass, replace
from fractions import Fraction

from workers.formats.copyable import SEGMENT_S
from workers.media.audio_plan import AudioPlan
from workers.media.info import AudioStream
from workers.media.ladder import Codec
from workers.media.plan import EncodePlan
from workers.media.planned import Packaged
from workers.media.sounds import SOUND

_SOUND_ALONE = Fraction(4)  # seconds of a segment where no picture says how long


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """One track to make.

    Attributes:
        name: of the track, and of the directory that its segments are made in.
        number: of the rendition, whose picture it has; None for a sound.
        max_bitrate: bits per second.
        segment: how long a segment is, in seconds; of a picture all but the last have just that.
        frames: pictures in a segment; 0 of a sound, or where the source decides.
        remuxed: whether it is taken from the source as it is.
        is_default: whether it is a picture, or the sound that is heard unless somebody chooses.
        language: of a sound, as `AudioStream` has it; so are its title and role.
    """

    name: str
    number: int | None
    max_bitrate: int
    segment: Fraction
    frames: int = 0
    width: int | None = None
    height: int | None = None
    frame_rate: Fraction | None = None
    channels: int | None = None
    remuxed: bool = False
    language: str | None = None
    title: str | None = None
    role: str | None = None
    is_default: bool = True


def needed(plan: EncodePlan | AudioPlan) -> EncodePlan | AudioPlan:
    """Return a plan without pictures that become neither a file nor a track.

    These are the ones that are only streamed, where nothing is, or where the source itself is
    streamed in their place.
    """
    if isinstance(plan, AudioPlan):
        return plan
    tracks = {track.name for track in tracks_of(plan)}
    kept = tuple(each for each in plan.renditions if each.mp4 or each.name in tracks)
    return replace(plan, renditions=kept)


def codecs_of(plan: EncodePlan | AudioPlan) -> frozenset[Codec]:
    """Return the codecs of the pictures of a plan."""
    if isinstance(plan, AudioPlan):
        return frozenset()
    return frozenset(each.codec for each in plan.renditions)


def tracks_of(plan: EncodePlan | AudioPlan) -> tuple[PlannedTrack, ...]:
    """Return the tracks that an encode makes, the sound last; none if it is not for streaming.

    What the source itself is streamed for is not encoded.
    """
    if not plan.streamed:
        return ()
    if isinstance(plan, AudioPlan):
        return _sounds(plan, _SOUND_ALONE)
    segment = plan.keyframe_interval / plan.frame_rate
    pictures = [
        PlannedTrack(
            name=each.name,
            number=number,
            max_bitrate=each.max_bitrate,
            segment=segment,
            frames=plan.keyframe_interval,
            width=each.width,
            height=each.height,
            frame_rate=plan.frame_rate,
        )
        for number, each in enumerate(plan.renditions)
        if each.streamed and (plan.packaged is None or each.name != plan.packaged.name)
    ]
    sounds = _sounds(plan, segment)
    there = plan.packaged is not None and plan.packaged.sound is not None
    return (*pictures, *(sounds[1:] if there else sounds))


def packaged_tracks(
    packaged: Packaged, audio: AudioStream | None = None
) -> tuple[PlannedTrack, ...]:
    """Return the tracks that are taken from the source as they are, the sound last.

    `audio` says what its file calls the sound.
    """
    segment = Fraction(SEGMENT_S)
    picture = PlannedTrack(
        name=packaged.name,
        number=0,
        max_bitrate=packaged.max_bitrate,
        segment=segment,
        width=packaged.width,
        height=packaged.height,
        frame_rate=packaged.frame_rate,
        remuxed=True,
    )
    if packaged.sound is None:
        return (picture,)
    sound = PlannedTrack(
        name=SOUND,
        number=None,
        max_bitrate=packaged.sound_bitrate,
        segment=segment,
        channels=packaged.channels,
        remuxed=True,
    )
    if audio is None:
        return picture, sound
    sound = replace(
        sound,
        language=audio.language or None,
        title=audio.title or None,
        role=audio.role or None,
    )
    return picture, sound


def completes(plan: EncodePlan | AudioPlan) -> bool:
    """Whether a film can be played with what is encoded alone: a picture, and the sound."""
    if isinstance(plan, AudioPlan) or plan.packaged is None:
        return True
    return plan.audio is not None and plan.packaged.sound is None


def _sounds(plan: EncodePlan | AudioPlan, segment: Fraction) -> tuple[PlannedTrack, ...]:
    """Return the sounds of a plan, the default one first."""
    if plan.audio is None:
        return ()
    mono = plan.right is None and plan.audio.channels == 1
    default = _sound(SOUND, plan.audio, plan.audio_bitrate, segment, 1 if mono else 2)
    others = (
        _sound(each.name, each.audio, each.audio_bitrate, segment, each.channels)
        for each in plan.others
    )
    return (default, *(replace(each, is_default=False) for each in others))


def _sound(
    name: str, audio: AudioStream, bitrate: int, segment: Fraction, channels: int
) -> PlannedTrack:
    return PlannedTrack(
        name=name,
        number=None,
        max_bitrate=bitrate,
        segment=segment,
        channels=channels,
        language=audio.language or None,
        title=audio.title or None,
        role=audio.role or None,
    )
