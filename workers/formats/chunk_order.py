"""Whether the chunks of an MP4 lie in the file as they are needed. Pure.

There may be a million of them, and people wait: what can be done in C is.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, islice, pairwise
from operator import add, gt

from workers.formats.boxes import Box
from workers.formats.chunks import Track
from workers.formats.known import Doubt

FAR_APART = "picture and sound are far apart in the file"
_OVERLAP = "chunks overlap"
# Seconds that one track may be ahead of another where they lie in the file. FFmpeg keeps what came
# too soon, as pictures that are decoded already.
_AHEAD_S = 4.0
# Short chunks are looked at in groups that last about so long, each as if all of it were as late as
# its first chunk.
_GROUP_S = 0.5


@dataclass(frozen=True, slots=True)
class _Laid:
    """The chunks of a track that have something in them: places in bytes, times in its ticks."""

    track: Track
    starts: "array[int]"
    ends: "array[int]"
    since: "array[int]"
    until: "array[int]"


def see_order(tracks: Sequence[Track], data: Sequence[Box]) -> int:
    """See that chunks lie in the file as they are needed; return where the first one begins.

    Args:
        tracks: of the file.
        data: the boxes that hold media data.

    Raises:
        Doubt: they overlap, lie outside of the data, or are not nearly in the order of time.
    """
    laid = [_laid(track) for track in tracks]
    if any(any(map(gt, each.starts, islice(each.starts, 1, None))) for each in laid):
        raise Doubt(_OVERLAP)
    starts, ends = _sorted([each.starts for each in laid]), _sorted([each.ends for each in laid])
    if not starts:
        raise Doubt("it has no samples")
    # Sorted each by itself, they tell as much: without an overlap one ends before the next begins.
    if any(map(gt, ends, islice(starts, 1, None))):
        raise Doubt(_OVERLAP)
    inside = 0
    for box in data:
        first, behind = bisect_left(starts, box.body), bisect_left(starts, box.end)
        if behind > first and ends[behind - 1] > box.end:
            break
        inside += behind - first
    if inside != len(starts):
        raise Doubt("a chunk is outside the media data")
    played = [each for each in laid if each.track.played and each.starts]
    if any(_is_late(one, other) for one in played for other in played if one is not other):
        raise Doubt(FAR_APART)
    return starts[0]


def _sorted(places: Sequence["array[int]"]) -> list[int]:
    found: list[int] = []
    for each in places:
        found.extend(each)
    found.sort()  # each is in order already: they are only merged
    return found


def _laid(track: Track) -> _Laid:
    starts, sizes = track.starts, array("Q", track.chunk_sizes())
    times = array("Q", track.chunk_ticks())
    columns = [starts, array("Q", map(add, starts, sizes)), times[:-1], times[1:]]
    if 0 in sizes:  # where what is empty lies says nothing
        columns = [array("Q", compress(each, sizes)) for each in columns]
    return _Laid(track, *columns)


def _is_late(one: _Laid, other: _Laid) -> bool:
    """Whether another track is too far ahead of one, somewhere in the file."""
    many, seconds = len(one.starts), one.until[-1] / one.track.scale
    step = max(1, int(many * _GROUP_S / max(seconds, _GROUP_S)))
    for first, behind in pairwise([*range(0, many, step), many]):
        before = bisect_left(other.starts, one.starts[behind - 1])
        since = one.track.seconds(one.since[first])
        if before and other.track.seconds(other.until[before - 1]) - since > _AHEAD_S:
            return True
    return False
