"""Decides where an encode goes on that an earlier attempt has begun. Pure."""

from collections.abc import Mapping

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.tracks import tracks_of


def resume_at(plan: EncodePlan | AudioPlan, listed: Mapping[str, int]) -> int:
    """Return the number of the first segment of the pictures that has to be made.

    The last one that is listed of all sizes is made again: it shows that this encode goes on as the
    other would have.

    Args:
        plan: of the earlier attempt, too.
        listed: how many segments of each track there are by now, by name.

    Returns:
        0 if all is to be made: where there is no more than that, or a file is to be made of a
        picture that is not streamed.
    """
    if isinstance(plan, AudioPlan):
        return 0
    pictures = [track for track in tracks_of(plan) if track.number is not None]
    if len(pictures) < len(plan.renditions):
        return 0
    return max(min(listed.get(track.name, 0) for track in pictures) - 1, 0)
