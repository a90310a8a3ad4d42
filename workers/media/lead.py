"""Decides whether the beginning of a film is encoded first, in its smallest size alone. Pure."""

from dataclasses import dataclass, replace

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan, PlannedRendition
from workers.media.tracks import tracks_of

# The first segment is there soonest if nothing else is made. Of a long film more costs little, and
# is watched while the encode of all sizes gets going: a hundredth of it, a minute at the most.
_OF_FILM, _MOST_S = 0.01, 60.0
# It pays where all sizes together have so many times the pixels of the smallest.
_WORTH = 6
_SHORTEST = 4  # of a film that is that many times its lead, it comes sooner
_LATEST_S = 2.0
# The sound goes on for so long behind the last picture: its last segment must be whole.
_BEYOND_S = 0.5


@dataclass(frozen=True, slots=True)
class Lead:
    """What is encoded first.

    Attributes:
        plan: of the one size, and the default sound.
        segments: of each of both.
        frames: of the picture in them.
        seconds: after which the sound may end.
    """

    plan: EncodePlan
    segments: int
    frames: int
    seconds: float


def lead_of(decided: EncodePlan | AudioPlan) -> Lead | None:
    """Return the lead of a film; None if it would come no sooner than the film itself."""
    if isinstance(decided, AudioPlan) or decided.still or _is_packaged_whole(decided):
        return None
    segments = _segments(decided)
    frames = segments * decided.keyframe_interval
    if decided.frame_count is not None and decided.frame_count < _SHORTEST * frames:
        return None
    smallest = _smallest(decided)
    if smallest is None or _pixels(decided) < _WORTH * smallest.width * smallest.height:
        return None
    plan = replace(decided, renditions=(smallest,), others=(), texts=(), storyboard=False)
    seconds = float(frames / decided.frame_rate) + _BEYOND_S
    if not _can_end_early(decided, seconds):
        return None
    return Lead(plan, segments, frames, seconds)


def _can_end_early(decided: EncodePlan, seconds: float) -> bool:
    """Whether picture and sound begin soon, and go so far: else the source is read on and on."""
    if max(decided.delay, decided.sound_delay) > _LATEST_S:
        return False
    sounds = [each for each in (decided.audio, decided.right) if each is not None]
    ends = [decided.sound_delay + each.duration for each in sounds if each.duration is not None]
    return all(end >= seconds for end in ends)


def _segments(decided: EncodePlan) -> int:
    seconds = min((decided.duration or 0.0) * _OF_FILM, _MOST_S)
    return max(int(seconds * decided.frame_rate / decided.keyframe_interval), 1)


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
