"""Tries samples: makes them, transcodes them, judges every rendition."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fidelity import differential
from tests.fidelity.expect import Expect, wrong_with, wrong_words
from tests.fidelity.judge.decode import Decoder, UnreadableError
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
        took = time.monotonic() - began
        yield Outcome(sample.kind, sample.name, wrong, seconds=took)


def judged(made: Made, due: Expect, decoder: Decoder, source: Path) -> Iterator[str]:
    """Yield what is wrong with what was made."""
    if made.code:
        if made.code not in due.refused:
            yield f"{made.code}: {made.message}"
        return
    if not due.ready:
        yield f"ready, not {' or '.join(sorted(due.refused))}"
        return
    yield from wrong_words(made.told, due)
    found: dict[str, list[str]] = {}
    plain = decoder.plain(source) if due.compared else None
    for path in made.renditions:
        try:
            film = decoder.decode(path)
        except UnreadableError as error:
            found.setdefault(f"cannot be decoded: {error}", []).append(path.stem)
            continue
        wrong = wrong_with(film, due)
        if path == made.renditions[0] and due.sizes and (film.width, film.height) not in due.sizes:
            wrong.append(f"{film.width} x {film.height}")
        if plain is not None:
            wrong += differential.wrong_with(plain, film, pattern=due.disc)
        for each in wrong:
            found.setdefault(each, []).append(path.stem)
    # What is wrong with all of them is told once.
    for line, names in found.items():
        yield line if len(names) == len(made.renditions) else f"{', '.join(names)}: {line}"


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
