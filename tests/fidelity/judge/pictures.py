"""How many pictures there are, and how many different ones."""

from operator import sub

from tests.fidelity.judge.film import Film

_DIFFER = 10  # levels at one place of the small picture; coding alone changes less


def different(film: Film) -> int:
    """Return how many pictures are not a repetition of the one before."""
    count, last = 0, b""
    for picture in film.small:
        if not last or (picture != last and _farthest(picture, last) > _DIFFER):
            count, last = count + 1, picture
    return count


def _farthest(one: bytes, other: bytes) -> int:
    differences: list[int] = list(map(sub, one, other))
    return max(max(differences), -min(differences))
