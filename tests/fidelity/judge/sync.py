"""Whether flash and beep come together."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.fidelity.judge.disc import Disc, disc_in
from tests.fidelity.judge.film import SOUND_RATE, Film
from tests.fidelity.judge.levels import level

TOGETHER_S = 0.04
_LIGHT = 150  # a level between the dark box and the flash
_WINDOW = SOUND_RATE // 200
_SILENT = 100  # of 32767
_QUIET_S = 0.1  # a beep begins after that much of silence
_EDGE_S = 0.15  # what is cut off there may have only one of the two


@dataclass(frozen=True)
class Apart:
    """A flash at `flash` seconds whose nearest beep is at `beep`, None if there is none at all."""

    flash: float
    beep: float | None


def flashes(film: Film) -> tuple[float, ...]:
    """Return the times at which the box at the top left becomes light."""
    found, was_light = [], False
    for time, picture in zip(film.times, film.small, strict=True):
        disc = disc_in(picture, film.small_width, film.small_height)
        light = disc is not None and _box(film, picture, disc) > _LIGHT
        if light and not was_light:
            found.append(time)
        was_light = light
    return tuple(found)


def _box(film: Film, picture: bytes, disc: Disc) -> float:
    left, top = (max(round(each), 0) for each in disc.at(70, 80))
    right, bottom = (max(round(each), 0) + 1 for each in disc.at(170, 170))
    rows = [picture[y * film.small_width :][left:right] for y in range(top, bottom)]
    count = sum(map(len, rows))
    return sum(map(sum, rows)) / count if count else 0.0


def beeps(samples: "array[int]") -> tuple[float, ...]:
    """Return the times in seconds at which sound begins after silence."""
    levels = [
        level(samples[at : at + _WINDOW]) for at in range(0, len(samples) - _WINDOW + 1, _WINDOW)
    ]
    least = max(max(levels, default=0.0) / 3, _SILENT)
    found, loud_until = [], -1.0
    for number, each in enumerate(levels):
        time = number * _WINDOW / SOUND_RATE
        if each >= least:
            if loud_until < 0 or time - loud_until > _QUIET_S:
                found.append(time)
            loud_until = time
    return tuple(found)


def apart(seen: Iterable[float], heard: Sequence[float], end: float) -> list[Apart]:
    """Return the flashes that have no beep beside them, in a film of `end` seconds."""
    found = []
    for flash in seen:
        beep = min(heard, key=lambda time: abs(time - flash), default=None)
        if (beep is None or abs(beep - flash) > TOGETHER_S) and flash < end - _EDGE_S:
            found.append(Apart(flash, beep))
    return found
