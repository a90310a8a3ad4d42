"""Finds the places of a source that could not be read, among the frames that came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from workers.media.strays import Stray, is_among, is_past

# Containers round: what is missing in all is no loss when it is not longer than this, or than so
# many frames.
SLACK_SECONDS = 0.1
SLACK_FRAMES = 2
# Places so near are one: after damage decoders often stumble again.
_NEAR_S = 1.0
# A clock that jumps by so much was set anew, as FFmpeg's `-dts_delta_threshold` has it.
_JUMP_S = 10.0
# What comes so late after its time is not shown any more; for so long nobody minds, in seconds.
_PASSED_S = 0.5
_MOST_FAULTY = 0.5
# Of packets that have a frame. Some have half a frame, or one that is not shown.
_FEWEST = 1 / 3
# Of the bytes that are in a stretch of the file elsewhere. With fewer of them, nothing was there.
_EMPTY = 0.1


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, or a piece of sound, that was decoded; in seconds since the file's beginning.

    Attributes:
        seconds: how long it lasts; 0 if nothing says it.
        faulty: whether the decoder complained of broken data.
        byte: where it is in the file, if its container has a clock that runs on while nothing is
            recorded.
    """

    start: float
    seconds: float
    faulty: bool
    byte: int | None = None


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
        end: where the last frame ends, in seconds, on a clock that never jumps.
        paused: seconds that the clock has leapt on, which are in no output.
    """

    places: tuple[Place, ...] = ()
    lost: float = 0.0
    paused: float = 0.0
    end: float = field(default=0.0, compare=False)


WHOLE = Damage()


def damage(
    frames: Sequence[Frame],
    made: float,
    *,
    steady: bool = True,
    refused: bool = False,
    counted: bool = False,
    since: float | None = None,
) -> Damage | None:
    """Find what is missing between frames, and what is broken.

    Args:
        frames: all that came, in order.
        made: seconds of output that came of them.
        steady: whether frames follow each other without a pause; if not, a pause is a loss only
            beside a broken frame.
        refused: whether the decoder made nothing of some packets: then a single frame that is
            missing is a loss, and not one that a camera has left out.
        counted: whether times are not in the file, but counted from what is there: then a loss is
            longer than it looks.
        since: from when on, in seconds, something can be decoded, if that is known: an edit list
            may begin later than its first packet, at 0.

    Returns:
        None if the decoder complains of most frames: then its words tell of no place.
    """
    if sum(each.faulty for each in frames) > len(frames) * _MOST_FAULTY:
        return None
    frames = _without_strays(frames)
    places: list[Place] = []
    lost = longest = shift = end = passed = passed_at = 0.0
    # What made the output longer was no new clock.
    resets = max((each.start for each in frames), default=0.0) > made + _NEAR_S
    usual, rate = _usual(frames), _bytes_per_second(frames)
    before: Frame | None = None
    for frame in frames:
        start, seconds = frame.start - shift, frame.seconds or usual
        if before is None:
            end = start if since is None else min(max(since, 0.0), start)
        elif start - end < -_JUMP_S or (resets and start - end > _JUMP_S):
            shift += start - end
            start = end
        if before is not None and start + seconds < end - SLACK_SECONDS:
            # Of two recordings that were put together, each has a clock of its own.
            passed_at, passed = passed_at if passed else end, passed + seconds
        gap, least = start - end, seconds / 2 if refused else SLACK_SECONDS
        sure = steady or before is None or before.faulty or frame.faulty
        if gap > max(least, 0.0 if before else SLACK_SECONDS) and sure:
            places.append(Place(end, gap))
            # What was never there could not be read either, and that is no fault of this file.
            lost += 0.0 if before and _is_empty(before, frame, gap, rate) else gap
        # A stream may begin between keyframes: what is said of that is no damage.
        if frame.faulty and before is not None:
            places.append(Place(start, seconds))
        before, longest = frame, max(longest, seconds)
        end = max(end, start + seconds)
    # In containers whose clock may begin anew FFmpeg goes on behind it, and the output is longer.
    if passed > _PASSED_S and made < end + passed / 2:
        places = sorted([*places, Place(passed_at, passed)], key=lambda place: place.start)
    broken = any(frame.faulty for frame in frames[1:])
    missing, paused = sum(place.seconds for place in places), max(shift, 0.0)
    whole = not broken and not (refused and counted)
    if whole and missing <= max(SLACK_SECONDS, SLACK_FRAMES * longest):
        return Damage(paused=paused, end=end)
    return Damage(_joined(places), lost, paused, end)


def stops_early(made: float, *read: Damage | None) -> bool:
    """Whether nothing was read of the last seconds that came out, of any stream.

    ffprobe stops at what it cannot read; FFmpeg tries to go on behind it.
    """
    ends = [each.end for each in read if each is not None]
    return any(ends) and max(ends) < made - _NEAR_S


def without_those(frames: Sequence[Frame], strays: Sequence[Stray]) -> list[Frame]:
    """Leave out frames that are known to have broken times, as no output has them.

    `strays` are in order.
    """
    if not strays:
        return list(frames)
    waiting, kept = list(reversed(strays)), list[Frame]()
    for frame in frames:
        last = kept[-1].start if kept else None
        while waiting and is_past(waiting[-1], last):
            waiting.pop()
        if not (waiting and is_among(waiting[-1], frame.start, last)):
            kept.append(frame)
    return kept


def _without_strays(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Leave out frames whose time alone is broken: the next one is on the old clock again."""
    strays = {
        number
        for number, (before, each, after) in enumerate(
            zip(frames, frames[1:], frames[2:], strict=False), 1
        )
        if abs(each.start - before.start) > _JUMP_S > abs(after.start - before.start)
    }
    return [each for number, each in enumerate(frames) if number not in strays]


def uneven(found: Damage, made: float, frames: int, packets: int) -> Damage:
    """Return the damage of pictures that last unequally long, of which a decoder refused some.

    A pause among them tells nothing, but so few frames of so many packets do.
    """
    if frames >= packets * _FEWEST:
        return found
    return replace(found, lost=max(found.lost, made * (1 - frames / packets)))


def _bytes_per_second(frames: Sequence[Frame]) -> float:
    """Return how many bytes of the file a second has, most of the time; 0 if nobody can say."""
    size = length = 0.0
    for each, after in pairwise(frames):
        passed = after.start - each.start
        # Of a pause neither counts.
        if each.byte is not None and after.byte is not None and 0 < passed <= SLACK_SECONDS:
            size += after.byte - each.byte
            length += passed
    return size / length if length else 0.0


def _is_empty(before: Frame, frame: Frame, seconds: float, rate: float) -> bool:
    """Whether nearly no bytes lie in a gap of so many seconds: the clock went on without them."""
    if before.byte is None or frame.byte is None:
        return False
    return frame.byte - before.byte < seconds * rate * _EMPTY


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
