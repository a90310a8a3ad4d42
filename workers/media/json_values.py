"""Values of ffprobe's JSON; missing and odd ones become None or a neutral value. Pure."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

Fields = Mapping[str, Any]

_LEADING_INTEGER = re.compile(r"\s*(-?\d+)")
# A pixel shape beyond this is a writing mistake; honouring it would make a picture a line.
MAX_PIXEL_ASPECT = 10
_MAX_RATE = 1_000_000


def rotation(entry: Fields) -> int | None:
    """Return the clockwise turn of a stream or frame: 0, 90, 180 or 270; None if nothing is said.

    ffprobe's side data counts the other way round, its old tag does not. It calls a picture that
    is mirrored from left to right turned by 180 degrees.
    """
    turns = [
        -turned if abs(turned) < 179 or not _mirrored(side) else 0.0
        for side in sides(entry)
        if (turned := number(side.get("rotation"))) is not None
    ]
    degrees = turns[-1] if turns else number(mapping(entry.get("tags")).get("rotate"))
    if degrees is None:
        return None
    quarter = round(degrees / 90)
    # FFmpeg turns other angles inside the stored frame, which keeps its shape.
    return quarter * 90 % 360 if abs(degrees - quarter * 90) <= 1 else 0


def _mirrored(side: Fields) -> bool:
    """Whether a matrix, in ffprobe's three lines of `0000: a b u`, mirrors: it turns area over."""
    rows = [line.partition(":")[2].split() for line in text(side.get("displaymatrix")).splitlines()]
    numbers = [[number(each) or 0.0 for each in row[:2]] for row in rows if len(row) == 3]
    if len(numbers) < 2:
        return False
    (a, b), (c, d) = numbers[:2]
    return a * d - b * c < 0


def pixel_aspect(value: object) -> Fraction | None:
    """Return the width of a pixel over its height; None if it is not said, or makes no sense."""
    ratio = fraction(value, ":")
    if ratio is None or not Fraction(1, MAX_PIXEL_ASPECT) <= ratio <= MAX_PIXEL_ASPECT:
        return None
    return ratio


def rate(value: object) -> Fraction | None:
    """Return pictures a second."""
    found = fraction(value, "/")
    return found if found is not None and 0 < found <= _MAX_RATE else None


def plain(value: str, most: int) -> str:
    """Return a line of text of at most so many characters, without what cannot be shown.

    What comes from unknown people may hold a NUL or half a character, which no database takes, or
    turn the direction in which all that follows is read.
    """
    shown = "".join(char if char.isprintable() else " " for char in value[: 2 * most])
    return " ".join(shown.split())[:most].strip()


def seconds(value: object) -> float | None:
    """Plain seconds or Matroska's `00:00:01.234000000`; None unless above zero."""
    parts = text(value).split(":")
    total = number(value)
    if len(parts) == 3:
        hours, minutes, rest = (number(part) or 0.0 for part in parts)
        total = hours * 3600 + minutes * 60 + rest
    return total if total is not None and total > 0 else None


def fraction(value: object, separator: str) -> Fraction | None:
    """Return a ratio of two whole numbers above zero."""
    above, _, below = text(value).partition(separator)
    numerator, denominator = integer(above), integer(below) if below else 1
    if not numerator or not denominator or numerator < 0 or denominator < 0:
        return None
    return Fraction(numerator, denominator)


def number(value: object) -> float | None:
    """Return a finite number."""
    try:
        found = float(text(value))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def integer(value: object) -> int | None:
    """The whole number a value starts with: some files make ffprobe print `311|`."""
    found = _LEADING_INTEGER.match(text(value)[:20])
    return int(found.group(1)) if found else None


def positive(value: object) -> int | None:
    """Return a whole number above zero."""
    found = integer(value)
    return found if found is not None and found > 0 else None


def text(value: object) -> str:
    """Return text or a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    found = str(value).strip()
    return "" if found in {"N/A", "unknown", "reserved"} else found


def mapping(value: object) -> Fields:
    """Return an object; an empty one if it is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[object]:
    """Return a list; an empty one if it is none."""
    return value if isinstance(value, list) else []


def sides(entry: Fields) -> list[Fields]:
    """Return the side data of a stream or frame."""
    return [mapping(side) for side in sequence(entry.get("side_data_list"))]
