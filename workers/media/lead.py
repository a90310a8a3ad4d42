"""Decides whether a film is encoded in its smallest size first. Pure."""

from dataclasses import dataclass, replace

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.planned import PlannedRendition
from workers.media.tracks import tracks_of

# It pays where all sizes together have so many times the pixels of the smallest.
_WORTH = 6
_SHORTEST = 4  # segments
_LATEST_S = 2.0
# The sound goes on for so long behind the first segment of the picture: so its own is whole.
_BEYOND_S = 0.5


@dataclass(frozen=True, slots=True)
class Lead:
    """What is encoded first.

    Attributes:
        plan: of the one size, and the default sound.
        seconds: of the source, after which the first segments of both are whole.
    """

    plan: EncodePlan
    seconds: float


def lead_of(decided: EncodePlan | AudioPlan) -> Lead | None:
    """Return the lead of a film; None if it would come no sooner than the film itself."""
    if isinstance(decided, AudioPlan) or decided.still or _is_packaged_whole(decided):
        return None
    shortest = _SHORTEST * decided.keyframe_interval
    if decided.frame_count is not None and decided.frame_count < shortest:
        return None
    smallest = _smallest(decided)
    if smallest is None or _pixels(decided) < _WORTH * smallest.width * smallest.height:
        return None
    plan = replace(decided, renditions=(smallest,), others=(), texts=(), storyboard=False)
    seconds = float(decided.keyframe_interval / decided.frame_rate) + _BEYOND_S
    return Lead(plan, seconds) if _begins_soon(decided, seconds) else None


def _begins_soon(decided: EncodePlan, seconds: float) -> bool:
    """Whether picture and sound begin soon, and go so far: else the source is read on and on."""
    if max(decided.delay, decided.sound_delay) > _LATEST_S:
        return False
    sounds = [each for each in (decided.audio, decided.right) if each is not None]
    ends = [decided.sound_delay + each.duration for each in sounds if each.duration is not None]
    return all(end >= seconds for end in ends)


def _is_packaged_whole(decided: EncodePlan) -> bool:
    """Whether the source is streamed as it is, with its sound: that comes sooner still."""
    packaged = decided.packaged
    return packaged is not None and (packaged.sound is not None or decided.audio is None)


def _smallest(decided: EncodePlan) -> PlannedRendition | None:
    """Return the smallest size that is streamed, and that every player takes."""
    streamed = {track.name for track in tracks_of(decided)}
    found = [
        replace(each, mp4=False)
        for each in decided.renditions
        if each.name in streamed and each.codec == "h264"
    ]
    return found[-1] if found else None


def _pixels(decided: EncodePlan) -> int:
    return sum(each.width * each.height for each in decided.renditions)
