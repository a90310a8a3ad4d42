"""What one film asks of Postgres, Redis, S3, SQS and the API, counted exactly.

A person logs in, opens the page, uploads a film, stays until it is ready and looks at the library
(`counting/visitor.py`), against the real stack. Counted are:

| part     | how                                                       | by process       |
|----------|-----------------------------------------------------------|------------------|
| Postgres | every statement that the server logs                      | API, worker      |
| Redis    | difference of INFO commandstats                           | all together     |
| S3, SQS  | a proxy before the emulator, by operation                 | and the browser  |
| API      | its access log, by route                                  |                  |

While a film is counted the API's rounds (SWEEP_S) are put off, so that all there is belongs to
the film; a worker's long poll that brings nothing is left out by its answer. What an idle stack of
one API and one worker asks with usual settings, nobody having the page open, is counted apart.
Connections are open before: a short film goes first. BEGIN and COMMIT are no statements; commands
of Redis are counted within scripts too; a page that stays beyond the life of its access token
renews it. A browser's request whether it may send (OPTIONS) is counted with S3's.

Two films: one (`--film`), with the usual ladder; and two hours of it, small, six pictures a second
and with one rung, so that it is ready within minutes. What goes by the clock and what goes by size
is thus less than of a large film of that length; `counting/formula.py` computes the latter.

`bench/fleet/counts.json` has, by name:

| name                             | what                                                    |
|----------------------------------|---------------------------------------------------------|
| `film_21s`, `film_2h`            | counted; seconds of encoding and all beats beside       |
| `film_2h_by_formula`             | the same film computed from the short one: a check      |
| `film_2h_1080p_by_formula`       | the short film for two hours, encoded as fast as here   |
| `film_2h_1080p_by_formula_quiet` | … as on two cores with nothing else running             |
| `per_beat`                       | what each beat and each look of a page asks             |
| `idle_per_minute`                | of a stack without a film                               |

`bench/results/counts.json` has every statement, command and operation by number too.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench import joblog, results
from bench.counting import films
from bench.counting.formula import (
    LOOK_S,
    PER_BEAT,
    Beats,
    Sizes,
    beats_for,
    beats_in,
    computed,
    scaled,
)
from bench.counting.place import Place, place
from bench.counting.tally import Counts, difference, figures, listed, without_idle
from bench.counting.visitor import Visitor
from bench.errors import MeasureError
from bench.film import clip
from bench.measure import Measured, Options

FLEET = Path(__file__).with_name("fleet") / "counts.json"
DETAILS = results.LATEST.with_name("counts.json")
_IDLE_S, _QUICK_IDLE_S = 120.0, 25.0
_FIRST_ROUNDS_S = 5.0  # which an API makes as soon as it is there
_PATIENCE_S = 1500.0
_HEADS = {
    "film_21s": "21 s",
    "film_2h": "2 h",
    "film_2h_by_formula": "by formula",
    "film_2h_1080p_by_formula": "1080p",
    "film_2h_1080p_by_formula_quiet": "1080p, quiet",
    "idle_per_minute": "idle a minute",
}
_WIDTH = 110
_COUNTED = {"film_21s", "film_2h", "idle_per_minute"}
# Seconds of encoding for a second of a 1080p film to the usual ladder, on two cores with nothing
# else running: 7.4 s for 21.59 s.
_QUIET = 7.4 / 21.59
_NEVER_S = "86400"


@dataclass(frozen=True)
class Film:
    """What a film asked for.

    Attributes:
        counts: of everything.
        seconds: from the completed upload until the person is told that it is ready.
        encode_s: of FFmpeg alone.
        sizes: of the source and of what was made of it.
        source_s: length of the film.
        told: how many times the page was told of a change.
    """

    counts: Counts
    seconds: float
    encode_s: float
    sizes: Sizes
    source_s: float
    told: int


def measure(options: Options) -> Measured:
    """Make the measure."""
    idle_counts, minutes = _idle(_QUICK_IDLE_S if options.quick else _IDLE_S)
    with place({"SWEEP_S": _NEVER_S}) as here:
        warm = clip(here.stack.data_dir / "warm.mp4", size="640x480", seconds=2)
        _count(here, warm)
        found = {"film_21s": _count(here, options.film)}
        if not options.quick:
            long = films.long_film(options.film, here.stack.data_dir)
            found["film_2h"] = _count(here, long)
    summary = {name: _written(film) for name, film in found.items()}
    if "film_2h" in found:
        summary |= _computed(summary, found["film_21s"], found["film_2h"])
    summary["idle_per_minute"] = _per_minute(figures(idle_counts), minutes)
    every = {name: listed(film.counts) for name, film in found.items()}
    every["idle"] = listed(idle_counts)
    results.save({**summary, "idle_minutes": minutes, "all": every}, DETAILS)
    if not options.quick:
        FLEET.write_text(json.dumps(summary, indent=1) + "\n")
    _show(summary)
    return Measured(_totals(summary), {})


def _idle(seconds: float) -> tuple[Counts, float]:
    """Return what an idle stack with usual settings asked, and in how many minutes."""
    with place({}) as here:
        time.sleep(_FIRST_ROUNDS_S)
        before, begun = here.counts(), time.monotonic()
        time.sleep(seconds)
        return difference(here.counts(), before), (time.monotonic() - begun) / 60


def _count(here: Place, film: Path) -> Film:
    try:
        return _counted(here, film)
    except httpx.HTTPError as error:
        raise MeasureError(f"A part of the stack did not answer: {error!r}") from error


def _counted(here: Place, film: Path) -> Film:
    visitor = Visitor(here.server, _PATIENCE_S)
    before = here.settled()
    visit = asyncio.run(visitor.film(film))
    added = difference(here.settled(), before)
    return Film(
        counts=without_idle(added),
        seconds=visit.ready - visit.asked,
        encode_s=joblog.stages(visitor.job_log(visit.video["id"]))["encoding"],
        sizes=Sizes(film.stat().st_size, tuple(item["size"] for item in visit.video["renditions"])),
        source_s=max(item["duration"] for item in visit.video["renditions"]),
        told=visit.told,
    )


def _written(film: Film) -> dict[str, Any]:
    return {
        **figures(film.counts),
        "source_s": film.source_s,
        "encode_wall_s": round(film.encode_s, 2),
        "complete_to_ready_s": round(film.seconds, 2),
        "source_bytes": film.sizes.source,
        "made_bytes": sum(film.sizes.renditions),
        "beats": _rounded(beats_in(film.counts)),
        "page_told": film.told,
    }


def _computed(summary: dict[str, Any], short: Film, long: Film) -> dict[str, Any]:
    """Return what the formula says of the long film, and of one as large as the short one.

    The first shows what the formula is worth: the long film was counted too.
    """
    base, own = summary["film_21s"], beats_in(short.counts)
    beats, times = beats_in(long.counts), films.LONG_S / short.source_s
    beat_s = long.encode_s / beats.tells
    large = scaled(short.sizes, times)

    def encoded_in(encode_s: float) -> dict[str, Any]:
        then = beats_for(encode_s, beat_s, besides=own.told)
        return {
            **computed(base, own, short.sizes, then, large),
            "encode_wall_s": round(encode_s, 1),
            "source_bytes": large.source,
            "made_bytes": sum(large.renditions),
            "beats": _rounded(then),
        }

    return {
        "film_2h_by_formula": computed(base, own, short.sizes, beats, long.sizes),
        "film_2h_1080p_by_formula": encoded_in(short.encode_s * times),
        "film_2h_1080p_by_formula_quiet": encoded_in(_QUIET * films.LONG_S),
        "per_beat": {**PER_BEAT, "every_s": {"beat": round(beat_s, 4), "look": LOOK_S}},
    }


def _rounded(beats: Beats) -> dict[str, int]:
    return {name: round(number) for name, number in asdict(beats).items()}


def _per_minute(found: Any, minutes: float) -> Any:
    """Return figures with every number divided."""
    if isinstance(found, dict):
        return {name: _per_minute(value, minutes) for name, value in found.items()}
    return round(found / minutes, 2)


def _totals(summary: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in _COUNTED & summary.keys():
        counts = summary[name]
        found[f"{name}_statements"] = counts["postgres"]["statements"]
        found[f"{name}_redis"] = counts["redis"]["commands"]
        found[f"{name}_sqs"] = counts["sqs"]["requests"]
        found[f"{name}_s3"] = sum(counts["s3"].values())
        found[f"{name}_api"] = counts["api"]["requests"]
    return found


def _show(summary: dict[str, Any]) -> None:
    """Print every figure, a column for each film."""
    rows: dict[str, dict[str, float]] = {}
    columns = [name for name in _HEADS if name in summary]
    for name in columns:
        for key, value in _leaves(summary[name]):
            rows.setdefault(key, {})[name] = value
    table = Table("count", *(_HEADS[name] for name in columns), box=None)
    for key, values in rows.items():
        table.add_row(key, *(f"{values[name]:g}" if name in values else "" for name in columns))
    Console(width=_WIDTH).print(table)


def _leaves(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name} ")
        else:
            yield prefix + name, value
