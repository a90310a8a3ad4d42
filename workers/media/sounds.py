"""Plans what a stream has beside the default sound: other tracks of the source, and 5.1. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from workers.media.audio_plan import AudioPlan
from workers.media.info import AudioStream, MediaInfo
from workers.media.ladder import Ladder
from workers.media.limits import decodable
from workers.media.plan import NAMED_SIDES, EncodePlan, alike, delay_of, sample_rate_of, sides_of
from workers.media.planned import PlannedSound

SOUND = "audio"  # the name of the default one
# As FFmpeg names layouts that have all channels of 5.1. Where nothing is said, six channels may be
# six microphones.
_SURROUND = frozenset(
    [
        *("5.1", "5.1(side)", "6.1", "6.1(back)", "7.1", "7.1(wide)", "7.1(wide-side)"),
        *("5.1.2", "5.1.4", "7.1.2", "7.1.4", "7.2.3", "9.1.4", "9.1.6", "22.2"),
    ]
)
_SURROUND_CHANNELS = 6
_SURROUND_BITRATE = 2.5  # of what stereo takes: half of it a channel, and little for the bass
_APART_S = 0.5  # joined recordings overlap by less
_Plan = TypeVar("_Plan", EncodePlan, AudioPlan)


def with_sounds(decided: _Plan, info: MediaInfo, ladder: Ladder) -> _Plan:
    """Return a plan with all further sounds that its stream is to have.

    Each sound track that can be decoded becomes one, in the order of the file, up to the number of
    the ladder; but none of another programme. Channels of one recording are no tracks: cameras and
    editing programs write a track for each microphone. So a track of one channel is left out if
    another one is as long, and neither language nor title nor purpose tells them apart; but not
    the left and the right side of a stereo sound, which say that they are.

    5.1 is kept beside stereo: of the default sound, or else of the first track that has it.
    """
    if decided.audio is None or not decided.streamed:
        return decided
    default = PlannedSound(
        name=SOUND,
        audio=decided.audio,
        right=decided.right,
        channels=1 if decided.audio.channels == 1 and decided.right is None else 2,
        audio_bitrate=decided.audio_bitrate,
        sample_rate=decided.sample_rate,
        sound_delay=decided.sound_delay,
        length=_length(decided),
    )
    sounds: list[PlannedSound] = [default]
    while len(sounds) < ladder.audio_tracks:
        left = _unheard(info, sounds)
        if not left:
            break
        sounds.append(_planned(info, left, f"{SOUND}-{len(sounds) + 1}", default))
    return replace(decided, others=(*sounds[1:], *_surround(sounds)))


def unheard(info: MediaInfo, decided: EncodePlan | AudioPlan) -> list[AudioStream]:
    """Return the tracks of a source that could be heard beside those of a plan."""
    return _unheard(info, [decided, *decided.others])


def goes_on(plan: EncodePlan | AudioPlan) -> bool:
    """Whether another track begins where the default sound ends, as in joined recordings."""
    audio, length = plan.audio, _length(plan)
    if audio is None or audio.start_time is None or audio.duration is None or length is None:
        return False
    end = audio.start_time + audio.duration
    if plan.sound_delay + audio.duration > length - _APART_S:
        return False
    others = [each.audio for each in plan.others if each.audio != audio]
    return any((each.start_time or 0) > end - _APART_S for each in others)


def _unheard(
    info: MediaInfo, sounds: Sequence[EncodePlan | AudioPlan | PlannedSound]
) -> list[AudioStream]:
    used = {each.index for sound in sounds for each in (sound.audio, sound.right) if each}
    return [
        stream
        for stream in info.audio
        if stream.index not in used
        and decodable(stream.codec)
        and not stream.other_programme
        and not any(_is_channel_beside(stream, other) for other in info.audio)
    ]


def _is_channel_beside(stream: AudioStream, other: AudioStream) -> bool:
    """Whether a track and another one are channels of the same recording."""
    if stream is other or stream.channels != 1 or stream.layout in NAMED_SIDES:
        return False
    same = (stream.title, stream.role) == (other.title, other.role)
    return same and alike(other, stream)


def _planned(
    info: MediaInfo, left: list[AudioStream], name: str, default: PlannedSound
) -> PlannedSound:
    audio, right = sides_of(replace(info, audio=tuple(left)), left[0])
    assert audio is not None
    return PlannedSound(
        name=name,
        audio=audio,
        right=right,
        channels=1 if audio.channels == 1 and right is None else 2,
        audio_bitrate=default.audio_bitrate,
        sample_rate=sample_rate_of(audio),
        sound_delay=delay_of(info, audio),
        length=default.length,
    )


def _surround(sounds: list[PlannedSound]) -> list[PlannedSound]:
    return [
        replace(
            sound,
            name=f"{sound.name}-surround",
            channels=_SURROUND_CHANNELS,
            audio_bitrate=round(sound.audio_bitrate * _SURROUND_BITRATE),
        )
        for sound in sounds
        if sound.audio.layout in _SURROUND
    ][:1]


def _length(decided: EncodePlan | AudioPlan) -> float | None:
    picture = decided.duration if isinstance(decided, EncodePlan) else None
    return picture or decided.total_duration
