"""Tries samples: makes them, transcodes them, judges every rendition."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.fidelity import differential
from tests.fidelity.expect import Expect, wrong_with, wrong_words
from tests.fidelity.judge.decode import Decoder, UnreadableError
from tests.fidelity.judge.film import Film
from tests.fidelity.sample import Sample
from tests.fidelity.transcode import Made, Transcode, cleared
from tests.fidelity.workshop import NotMadeError, Workshop


@dataclass(frozen=True)
class Outcome:
    """What came of a sample.

    Attributes:
        wrong: a line for each thing that is wrong; none if all is right.
        not_made: why there is no such file, if so.
    """

    kind: str
    name: str
    wrong: tuple[str, ...] = ()
    not_made: str = ""
    seconds: float = 0.0


def outcomes(
    samples: Iterable[Sample], shop: Workshop, transcode: Transcode, decoder: Decoder
) -> Iterator[Outcome]:
    """Try samples one after another."""
    for number, sample in enumerate(samples):
        began = time.monotonic()
        folder = cleared(shop.folder / "tried")
        folder.mkdir()
        source = folder / f"{number}-{Path(sample.name).name}"
        try:
            sample.make(shop, source)
        except NotMadeError as error:
            yield Outcome(sample.kind, sample.name, not_made=str(error))
            continue
        made = transcode(source, folder / "out")
        wrong = tuple(judged(made, sample.expect, decoder, source))
        yield Outcome(sample.kind, sample.name, wrong, seconds=time.monotonic() - began)


def judged(made: Made, due: Expect, decoder: Decoder, source: Path) -> list[str]:
    """Return what is wrong with what was made."""
    if made.code:
        return [] if made.code in due.refused else [f"{made.code}: {made.message}"]
    if not due.ready:
        return [f"ready, not {' or '.join(sorted(due.refused))}"]
    found: dict[str, list[str]] = {}
    told = wrong_words(made.told, due)
    for path in made.renditions:
        try:
            film = decoder.decode(path)
        except UnreadableError as error:
            found.setdefault(f"cannot be decoded: {error}", []).append(path.stem)
            continue
        wrong = wrong_with(film, due)
        if path == made.renditions[0] and due.sizes and (film.width, film.height) not in due.sizes:
            wrong.append(f"{film.width} x {film.height}")
        if due.compared:
            wrong += _compared(source, film, decoder, due)
        for each in wrong:
            found.setdefault(each, []).append(path.stem)
    # What is wrong with all of them is told once.
    return told + [
        line if len(names) == len(made.renditions) else f"{', '.join(names)}: {line}"
        for line, names in found.items()
    ]


def _compared(source: Path, film: Film, decoder: Decoder, due: Expect) -> list[str]:
    moved_s = due.moved_s if due.disc else None
    try:
        return differential.wrong_with(_plain(source, decoder), film, moved_s)
    except UnreadableError as error:
        return [f"a plain decoder cannot read the source: {error}"]


@lru_cache(maxsize=1)  # of each rendition of one source
def _plain(source: Path, decoder: Decoder) -> Film:
    return decoder.plain(source)


def table(results: Sequence[Outcome]) -> str:
    """Return a line for each kind: right of tried."""
    kinds = list(dict.fromkeys(each.kind for each in results))
    lines = []
    for kind in kinds:
        tried = [each for each in results if each.kind == kind and not each.not_made]
        right = sum(not each.wrong for each in tried)
        missing = sum(bool(each.not_made) for each in results if each.kind == kind)
        lines.append(
            f"{kind}: {right} of {len(tried)}" + (f" ({missing} not made)" if missing else "")
        )
    return "\n".join(lines)
