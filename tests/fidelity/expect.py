"""What must come out of a file, and what is wrong with what did."""

import math
from dataclasses import dataclass, field

from tests.fidelity.judge.combing import combed
from tests.fidelity.judge.disc import ROUND, disc_of
from tests.fidelity.judge.film import Film
from tests.fidelity.judge.ground import spread
from tests.fidelity.judge.hues import farthest, hues, turned
from tests.fidelity.judge.levels import of_tone, per_second
from tests.fidelity.judge.pictures import different
from tests.fidelity.judge.sync import apart, beeps, flashes

_SLACK_S = 0.12  # a frame of the picture and two of the sound
_QUIET = 60  # of 32767: whatever is less loud is silence
_COMBED = 0.002  # of all pixels; what x264 leaves at the edges is less
_PLAIN = 24  # levels


@dataclass(frozen=True)
class Expect:
    """What is right; what is None or 0 is not looked at.

    Attributes:
        seconds: how long the picture is, either of several.
        heard: how many seconds of sound; 0 for a film that has none, None for any.
        pictures: the least and most of them.
        different: the least and most that differ from the one before.
        disc: whether it is there, and round.
        hues: levels that a patch may be off; with 255 only the strongest colour counts.
        flashes: at least so many, and each has its beep if anything is heard.
        in_step: the seconds between which they must have it.
        beeps: at least so many.
        tone: hertz of a tone that most of the sound is.
        loud: every second of the sound is.
        combing: whether the marks of fields must be gone.
        plain: whether the ground has one colour.
        sizes: the largest rendition's, any of these.
        refused: codes of failures that are right too; alone if `ready` is not right.
        compared: whether it must be what a plain decoder sees and hears of the source.
        moved_s: seconds by which a beep may move from its flash then.
        told: codes that must be among those that are told.
        damaged: whether damage is told; None if nobody can say. What is whole must not be blamed.
    """

    seconds: tuple[float, ...] = ()
    heard: float | None = None
    pictures: tuple[int, int] | None = None
    different: tuple[int, int] | None = None
    disc: bool = True
    hues: int = 40
    flashes: int = 0
    in_step: tuple[float, float] = (0, math.inf)
    beeps: int = 0
    tone: int = 0
    loud: bool = False
    combing: bool = False
    plain: bool = False
    sizes: tuple[tuple[int, int], ...] = ()
    refused: frozenset[str] = field(default=frozenset())
    ready: bool = True
    compared: bool = False
    moved_s: float = 0.045
    told: frozenset[str] = field(default=frozenset())
    damaged: bool | None = False


def refused(*codes: str) -> Expect:
    """What is not made at all."""
    return Expect(ready=False, refused=frozenset(codes))


def wrong_with(film: Film, due: Expect) -> list[str]:
    """Return what is wrong with a rendition, in plain words with the figures."""
    return [
        *_lengths(film, due), *_counts(film, due), *_shape(film, due), *_together(film, due),
        *_sound(film, due), *_fields(film, due),
    ]  # fmt: skip


def wrong_words(told: frozenset[str], due: Expect) -> list[str]:
    """Return what should have been told, and what not."""
    found = [f"{each} is not told" for each in sorted(due.told - told)]
    damage = sorted(told & {"partly_damaged", "truncated"})
    if due.damaged is False and damage:
        found.append(f"told to be {' and '.join(damage)}")
    if due.damaged and not damage:
        found.append("no word about what is missing")
    return found


def _lengths(film: Film, due: Expect) -> list[str]:
    found = []
    if due.seconds and all(abs(film.seconds - each) > _SLACK_S for each in due.seconds):
        wanted = " or ".join(f"{each:g}" for each in due.seconds)
        found.append(f"picture of {film.seconds:.2f} s, not {wanted}")
    heard = film.sound.seconds if film.sound else 0.0
    if due.heard is not None and abs(heard - due.heard) > _SLACK_S:
        found.append(f"sound of {heard:.2f} s, not {due.heard:g}")
    return found


def _counts(film: Film, due: Expect) -> list[str]:
    found = []
    counted = [("pictures", len(film.times), due.pictures)]
    if due.different:
        counted.append(("different pictures", different(film), due.different))
    for name, count, bounds in counted:
        if bounds and not bounds[0] <= count <= bounds[1]:
            found.append(f"{count} {name}, not {bounds[0]} to {bounds[1]}")
    return found


def _shape(film: Film, due: Expect) -> list[str]:
    found = []
    if due.disc or due.plain:
        for still in film.stills:
            disc = disc_of(still)
            if disc is None:
                found.append(f"no disc at {still.time:.2f} s")
                continue
            if abs(disc.ratio - 1) > ROUND:
                found.append(f"disc {disc.ratio:.2f}:1 at {still.time:.2f} s")
            seen = hues(still, disc) if due.hues else {}
            if due.hues and "red" not in seen:
                found.append("the patches are out of the picture")
            name, off = farthest(seen) if seen else ("", 0)
            if off > due.hues:
                found.append(f"{name} is {seen[name]}, off by {off}, at {still.time:.2f} s")
            found += [f"{each} turned to {seen[each]}" for each in turned(seen)]
            if due.plain and spread(still, disc) > _PLAIN:
                found.append(f"ground differs by {spread(still, disc)} levels")
    return found[:1]  # the first still that is wrong tells enough


def _together(film: Film, due: Expect) -> list[str]:
    if not due.flashes:
        return []
    seen = flashes(film)
    found = []
    if len(seen) < due.flashes:
        found.append(f"{len(seen)} flashes, not {due.flashes}")
    if film.sound is None or due.heard == 0:
        return found
    inside = [each for each in seen if due.in_step[0] - 0.05 <= each < due.in_step[1]]
    for way, samples in (("placed", film.sound.placed), ("in a row", film.sound.in_a_row)):
        alone = apart(inside, beeps(samples), len(samples) / 8000)
        if alone:
            first = alone[0]
            beep = "no beep" if first.beep is None else f"the next beep at {first.beep:.2f} s"
            found.append(f"flash at {first.flash:.2f} s has {beep} ({len(alone)} such, {way})")
    return found[:2]


def _sound(film: Film, due: Expect) -> list[str]:
    if film.sound is None:
        return ["no sound"] if due.beeps or due.tone or due.loud or due.heard else []
    found = []
    heard = len(beeps(film.sound.in_a_row)) if due.beeps else 0
    if heard < due.beeps:
        found.append(f"{heard} beeps, not {due.beeps}")
    if due.tone and of_tone(film.sound.in_a_row, due.tone) < 0.5:
        found.append(f"no tone of {due.tone} Hz")
    levels = per_second(film.sound.in_a_row) if due.loud else ()
    if levels and min(levels[: max(len(levels) - 1, 1)]) < _QUIET:
        found.append(f"silence in second {levels.index(min(levels))}")
    return found


def _fields(film: Film, due: Expect) -> list[str]:
    if not due.combing:
        return []
    most = max((combed(still) for still in film.stills), default=0)
    share = most / (film.width * film.height)
    return [f"{most} combed pixels in one picture"] if share > _COMBED else []
