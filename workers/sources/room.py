"""How much scratch disk a video needs. Pure."""

import math

from workers.media.plan import EncodePlan
from workers.runtime.scratch import ROOM


def whole_file_room(source_size: int) -> int:
    """Return the bytes for a source that is fetched whole, and for what is made of it."""
    return ROOM * source_size


def outputs_room(decided: EncodePlan, source_size: int) -> int:
    """Return the bytes for what is made of a source that is not kept.

    Every rendition at its ceiling for as long as the video lasts, but not more than is taken for
    the renditions of a source that is fetched whole.
    """
    most = whole_file_room(source_size) - source_size
    if decided.total_duration is None:
        return most
    sound = decided.audio_bitrate if decided.audio is not None else 0
    bits = sum(rendition.max_bitrate + sound for rendition in decided.renditions)
    return min(math.ceil(bits / 8 * decided.total_duration), most)
