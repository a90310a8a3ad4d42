"""Says which streams a plan reads, and leaves frames with broken times out of them. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from workers.media.audio_plan import AudioPlan
from workers.media.info import AudioStream, VideoStream
from workers.media.plan import EncodePlan, held
from workers.media.planned import PlannedSound
from workers.media.strays import Strays

_Stream = TypeVar("_Stream", VideoStream, AudioStream)
_Found = Mapping[int, Strays]
# A length that a broken time has made ends so near to it, in seconds.
_NEAR_S = 1.0


def streams_of(plan: EncodePlan | AudioPlan) -> list[VideoStream | AudioStream]:
    """Return the streams of picture and sound that a plan reads."""
    found: list[VideoStream | AudioStream] = []
    if isinstance(plan, EncodePlan):
        found.append(plan.video)
    for sound in (plan, *plan.others):
        found += [each for each in (sound.audio, sound.right) if each is not None]
    return found


def has_strays(plan: EncodePlan | AudioPlan) -> bool:
    """Whether a plan leaves out frames with broken times."""
    return any(each.strays for each in streams_of(plan))


def without_strays(plan: EncodePlan | AudioPlan, found: _Found) -> EncodePlan | AudioPlan:
    """Return a plan that leaves out what was found in its streams, by their numbers.

    A length that is that of a broken time is that of all streams without it.
    """
    audio = None if plan.audio is None else _without(plan.audio, found)
    others = tuple(
        replace(each, audio=_without(each.audio, found), right=_maybe(each.right, found))
        for each in plan.others
    )
    total = _total(plan, audio, found)
    if isinstance(plan, AudioPlan):
        assert audio is not None
        return replace(plan, audio=audio, others=_as_long(others, total), total_duration=total)
    better = replace(
        plan,
        video=_without(plan.video, found),
        audio=audio,
        right=_maybe(plan.right, found),
        others=_as_long(others, total) if total != plan.total_duration else others,
        total_duration=total,
    )
    picture = _length(plan.duration, found.get(plan.video.index))
    if picture is None or picture == plan.duration:
        return better
    return held(replace(better, duration=picture, hold=0.0), picture, _end_of(plan, audio))


def _total(plan: EncodePlan | AudioPlan, audio: AudioStream | None, found: _Found) -> float | None:
    """Return the length of all, if what is promised is that of a broken time."""
    promised = plan.total_duration
    if all(_length(promised, strays) == promised for strays in found.values()):
        return promised
    ends = [strays.end for strays in found.values()]
    if isinstance(plan, EncodePlan) and plan.video.index not in found:
        ends.append(plan.duration or 0.0)
    return max(*ends, _end_of(plan, audio))


def _end_of(plan: EncodePlan | AudioPlan, audio: AudioStream | None) -> float:
    return plan.sound_delay + audio.duration if audio and audio.duration else 0.0


def _as_long(others: tuple[PlannedSound, ...], total: float | None) -> tuple[PlannedSound, ...]:
    """Silence follows a sound only up to there."""
    return tuple(replace(each, length=total) for each in others)


def _without(stream: _Stream, found: _Found) -> _Stream:
    strays = found.get(stream.index)
    if strays is None:
        return stream
    length = _length(stream.duration, strays)
    return replace(stream, strays=strays.places, duration=length)


def _maybe(stream: AudioStream | None, found: _Found) -> AudioStream | None:
    return None if stream is None else _without(stream, found)


def _length(promised: float | None, strays: Strays | None) -> float | None:
    """Return how long a stream is, if its promised length is that of a broken time."""
    if promised is None or strays is None:
        return promised
    broken = any(abs(each.last - promised) < _NEAR_S for each in strays.places)
    return strays.end if broken and strays.end < promised - _NEAR_S else promised
