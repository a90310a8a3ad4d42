"""Finds the places of a source that could not be read, among the frames that came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# Containers round: what is missing in all is no loss when it is not longer than this, or than so
# many frames.
SLACK_SECONDS = 0.1
SLACK_FRAMES = 2
# Places so near are one: after damage decoders often stumble again.
_NEAR_S = 1.0
# A clock that jumps by so much was set anew, as FFmpeg's `-dts_delta_threshold` has it.
_JUMP_S = 10.0
_MOST_FAULTY = 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, or a piece of sound, that was decoded; in seconds since the file's beginning.

    Attributes:
        seconds: how long it lasts; 0 if nothing says it.
        faulty: whether the decoder complained of broken data.
    """

    start: float
    seconds: float
    faulty: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place where something could not be read; in seconds."""

    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Damage:
    """What could not be read of one stream.

    Attributes:
        places: in order; broken frames are counted.
        lost: seconds for which nothing came.
    """

    places: tuple[Place, ...] = ()
    lost: float = 0.0


WHOLE = Damage()


def damage(
    frames: Sequence[Frame], made: float, *, steady: bool = True, refused: bool = False
) -> Damage | None:
    """Find what is missing between frames, and what is broken.

    Args:
        frames: all that came, in order.
        made: seconds of output that came of them.
        steady: whether frames follow each other without a pause; if not, a pause is a loss only
            beside a broken frame.
        refused: whether the decoder made nothing of some packets: then a single frame that is
            missing is a loss, and not one that a camera has left out.

    Returns:
        None if the decoder complains of most frames: then its words tell of no place.
    """
    if sum(each.faulty for each in frames) > len(frames) * _MOST_FAULTY:
        return None
    places: list[Place] = []
    lost = longest = shift = end = 0.0
    # What made the output longer was no new clock.
    resets = max((each.start for each in frames), default=0.0) > made + _NEAR_S
    usual = _usual(frames)
    before: Frame | None = None
    for frame in frames:
        start, seconds = frame.start - shift, frame.seconds or usual
        if before is None:
            end = start
        elif start - end < -_JUMP_S or (resets and start - end > _JUMP_S):
            shift += start - end
            start = end
        gap, least = start - end, seconds / 2 if refused else SLACK_SECONDS
        if gap > least and before and (steady or before.faulty or frame.faulty):
            places.append(Place(end, gap))
            lost += gap
        # A stream may begin between keyframes: what is said of that is no damage.
        if frame.faulty and before is not None:
            places.append(Place(start, seconds))
        before, longest = frame, max(longest, seconds)
        end = max(end, start + seconds)
    broken = any(frame.faulty for frame in frames[1:])
    if not broken and lost <= max(SLACK_SECONDS, SLACK_FRAMES * longest):
        return WHOLE
    return Damage(_joined(places), lost)


def _usual(frames: Sequence[Frame]) -> float:
    """Return how long most frames last: some containers do not say it of each."""
    return median([after.start - each.start for each, after in pairwise(frames)] or [0.0])


def _joined(places: Iterable[Place]) -> tuple[Place, ...]:
    joined: list[Place] = []
    end = 0.0
    for place in places:
        if joined and place.start - end < _NEAR_S:
            last = joined.pop()
            joined.append(Place(last.start, last.seconds + place.seconds))
        else:
            joined.append(place)
        end = place.start + place.seconds
    return tuple(joined)
