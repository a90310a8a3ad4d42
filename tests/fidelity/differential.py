"""Compares a rendition with what a plain decoder makes of the source; no expectation by hand."""

import math
from bisect import bisect_right

from tests.fidelity.judge.film import Film
from tests.fidelity.judge.levels import per_second
from tests.fidelity.judge.pictures import different
from tests.fidelity.judge.sync import beeps, flashes

_SLACK_S = 0.15
_GONE_S = 0.25  # so long may sound go on behind the last picture: it is not worth a second encode
_HEARD = 60  # of 32767
_LEFT = 0.05  # of its level; a mix may make a channel less loud, not silent
_LUMA = 12  # levels
_RATE = 61  # pictures a second that a rendition may have
_FOUND_S = 0.45  # flashes and beeps come once a second
_HELD_S = 0.2  # the first picture stands from the start on, and so does a flash in it
_STEPS = 10  # a second is looked at so many times


def wrong_with(source: Film, made: Film, moved_s: float | None = 0.045) -> list[str]:
    """Return what is not as in the source.

    If it shows the test picture, its beeps may move from their flashes by `moved_s` seconds, and
    the 5 ms in which a beep is found are among those.
    """
    found = [*_lengths(source, made), *_pictures(source, made), *_silent(source, made)]
    if source.stays:
        found += _luma(source, made)
    return found if moved_s is None else found + _steps(source, made, moved_s)


def end_of(film: Film) -> tuple[float, float]:
    """Return when the last picture and the last sample end, in seconds."""
    sound = len(film.sound.placed) / 8000 if film.sound else 0.0
    return (film.times[0] + film.seconds if film.times else 0.0), sound


def _lengths(source: Film, made: Film) -> list[str]:
    picture, sound = end_of(source)
    found = []
    least, most = max(picture, sound - _GONE_S) - _SLACK_S, max(picture, sound) + _SLACK_S
    if source.times and not least <= made.seconds <= most:
        found.append(
            f"picture of {made.seconds:.2f} s; the source has {picture:.2f} s, "
            f"and sound until {sound:.2f} s"
        )
    heard = made.sound.seconds if made.sound else 0.0
    if abs(heard - sound) > _SLACK_S:
        found.append(f"sound of {heard:.2f} s; the source has it until {sound:.2f} s")
    return found


def _pictures(source: Film, made: Film) -> list[str]:
    span = source.seconds
    if not span or len(source.times) / span > _RATE:
        return []
    due, count = different(source), different(made)
    if not 0.9 * due - 3 <= count <= 1.1 * due + 3:
        return [f"{count} different pictures; the source has {due}"]
    return []


def _silent(source: Film, made: Film) -> list[str]:
    if source.sound is None or made.sound is None:
        return []
    was, is_ = per_second(source.sound.placed), per_second(made.sound.placed)
    for second, level in enumerate(was[: len(is_)]):
        if level > _HEARD and is_[second] < _LEFT * level:
            return [f"silence in second {second}, where the source has a level of {level:.0f}"]
    return []


def _luma(source: Film, made: Film) -> list[str]:
    seconds = int(min(end_of(source)[0], made.seconds))
    for second in range(seconds):
        was, is_ = _mean(source, second), _mean(made, second)
        if abs(was - is_) > _LUMA:
            return [f"mean luma {is_:.0f} in second {second}; the source has {was:.0f}"]
    return []


def _steps(source: Film, made: Film, moved_s: float) -> list[str]:
    """Compare where flashes and beeps come: both may move, but by the same time."""
    due, seen = flashes(source), flashes(made)
    # The first and the last may be half cut off.
    if len(seen) < len(due) - 1:
        return [f"{len(seen)} flashes; the source has {len(due)}"]
    if source.sound is None or made.sound is None:
        return []
    # A constant rate puts each picture at its nearest place.
    most = max(moved_s, 0.5 * source.seconds / len(source.times) + 0.005)
    moved = _moves(beeps(source.sound.placed), beeps(made.sound.placed))
    for flash, by in _moves(due, seen).items():
        if flash < _HELD_S:
            continue
        beep = min(moved, key=lambda time: abs(time - flash), default=None)
        if beep is not None and abs(beep - flash) < 1 and abs(moved[beep] - by) > most:
            return [
                f"the flash of {flash:.2f} s comes {by:+.2f} s and its beep {moved[beep]:+.2f} s "
                "from where they are in the source"
            ]
    return []


def _moves(due: tuple[float, ...], seen: tuple[float, ...]) -> dict[float, float]:
    """Return by how much each thing has moved, of those that are found again."""
    nearest = {
        time: min(seen, key=lambda other: abs(other - time), default=math.inf) for time in due
    }
    return {time: found - time for time, found in nearest.items() if abs(found - time) < _FOUND_S}


def _mean(film: Film, second: int) -> float:
    """Return the mean level of what is shown in a second; a late first picture is shown before."""
    shown = 0.0
    for step in range(_STEPS):
        number = bisect_right(film.times, second + (step + 0.5) / _STEPS) - 1
        picture = film.small[max(number, 0)]
        shown += sum(picture) / len(picture)
    return shown / _STEPS
