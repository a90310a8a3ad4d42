"""Decides where an encode goes on that an earlier attempt has begun. Pure."""

from collections.abc import Mapping, Set

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.tracks import tracks_of

# How the folders of what is made by the first plan of an attempt are named.
_FIRST_TRIES = frozenset({"0", "lead"})


def resume_at(plan: EncodePlan | AudioPlan, listed: Mapping[str, int], tries: Set[str]) -> int:
    """Return the number of the first segment of the pictures that has to be made.

    The last one that is listed of all sizes is made again: it shows that this encode goes on as the
    other would have.

    Args:
        plan: the first one of this attempt.
        listed: how many segments of each track there are by now, by name.
        tries: those that have made them, as `Listed` has them.

    Returns:
        0 if all is to be made: where there is no more than that; where something of it was made by
        another plan, as a second try of an attempt has one; and where a file is to be made of a
        picture that is not streamed.
    """
    if isinstance(plan, AudioPlan) or tries - _FIRST_TRIES:
        return 0
    pictures = [track for track in tracks_of(plan) if track.number is not None]
    if len(pictures) < len(plan.renditions):
        return 0
    return max(min(listed.get(track.name, 0) for track in pictures) - 1, 0)
