"""Tables in Markdown, and their place in a page. Pure but for `put`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.counting.formula import Sizes
from bench.fleet.cases import Case, price_of
from bench.fleet.counts import per_film
from bench.fleet.figures import Figures
from bench.fleet.limits import limits
from bench.fleet.load import MEAN_S
from bench.fleet.prices import HOSTED, WorkerPrice
from bench.fleet.times import TaskTimes
from infra.sizes import SIZES

# Bytes for a second of film: the source as assumed in `TaskTimes`, 720p and 480p as measured.
_SOURCE_RATE, _RENDITION_RATES = 1_500_000, (115_000, 65_000)
_COUNTED = ("film_21s", "film_2h", "film_2h_1080p_by_formula_quiet")
_COUNT_ROWS = (
    ("statements to Postgres", "postgres", "statements"),
    ("… that write", "postgres", "writes"),
    ("… transactions", "postgres", "transactions"),
    ("messages in SQS", "sqs", "messages"),
    ("requests to SQS", "sqs", "requests"),
    ("commands to Redis", "redis", "commands"),
    ("requests to the API", "api", "requests"),
)


def cases_table(chosen: Sequence[Case], found: Mapping[str, Figures]) -> str:
    """Return what each case came to."""
    rows = [_case_row(case, found[case.name]) for case in chosen]
    return _table(
        "case | workers allowed | videos | wait p50, p95, p99 | ready p50, p95, p99 "
        "| most that ran | hours Spot, on demand | at work | lost to interruptions "
        "| USD for 1,000 min",
        rows,
    )


def workers_table(times: TaskTimes) -> str:
    """Return what workers of several widths make of one film: speed is bought dearly."""
    rows = []
    for vcpu in (1, 2, 4, 8, 16):
        # The disk of a small worker holds one film of middling size.
        price = WorkerPrice(vcpu, vcpu * 2, 50)
        busy_s = times.seconds(MEAN_S, vcpu)
        per_film = 1000 / (MEAN_S / 60)
        rows.append(
            f"{vcpu} | {times.speedup(vcpu):.1f} | {_span(busy_s)} | {3600 / busy_s:.0f} "
            f"| {price.cost(0, busy_s) * per_film:.2f} | {price.cost(busy_s, 0) * per_film:.2f}"
        )
    return _table(
        "vCPU | times as fast as one | 8 minutes of video take | such videos an hour "
        "| USD for 1,000 min on demand | on Spot",
        rows,
    )


def sizes_table(times: TaskTimes) -> str:
    """Return what the largest fleet of each size carries."""
    rows = []
    for size in SIZES.values():
        vcpu = size.worker_cpu / 1024
        busy_s = times.seconds(MEAN_S, vcpu)
        price = price_of(size)
        spot = max(size.worker_max - size.worker_on_demand, 0)
        hourly = spot * price.spot + (size.worker_max - spot) * price.on_demand
        rows.append(
            f"`{size.name}` | {size.worker_max} of {vcpu:.0f} vCPU | {_span(busy_s)} "
            f"| {size.worker_max * 3600 / busy_s:,.0f} | {hourly:,.2f}"
        )
    return _table(
        "size | workers at most | 8 minutes of video take | such videos an hour, all workers busy "
        "| USD for that hour",
        rows,
    )


def limits_table(times: TaskTimes, counted: Mapping[str, Any] | None) -> str:
    """Return what each part of `large` bears, the first bound that is reached first."""
    size = SIZES["large"]
    encode_s = times.seconds(MEAN_S, size.worker_cpu / 1024)
    sizes = Sizes(
        round(MEAN_S * _SOURCE_RATE), tuple(round(MEAN_S * rate) for rate in _RENDITION_RATES)
    )
    film = per_film(counted, encode_s, sizes) if counted else None
    rows = [
        f"{each.part} | {each.used(1000):,.3g} | {each.used(100_000):,.0f} "
        f"| {each.bound:,.0f} {each.unit} | {_rough(each.reached_at)} | {each.source}"
        for each in limits(size, times, film)
    ]
    return _table(
        "part | used at 1,000 videos an hour | at 100,000 | there is | reached at videos an hour "
        "| from where",
        rows,
    )


def counts_table(counted: Mapping[str, Any]) -> str:
    """Return what one film asked for: counted of two, computed of a large long one."""
    films = [counted[name] for name in _COUNTED]
    operations = sorted({name for film in films for name in film["s3"]})
    rows = [
        _count_row("seconds of encoding", [film["encode_wall_s"] for film in films]),
        _count_row("MB of source", [film["source_bytes"] / 1e6 for film in films]),
        *(
            _count_row(label, [film[part][name] for film in films])
            for label, part, name in _COUNT_ROWS
        ),
        _count_row("requests to S3", [sum(film["s3"].values()) for film in films]),
        *(
            _count_row(f"… `{name}`", [film["s3"].get(name, 0) for film in films])
            for name in operations
        ),
    ]
    return _table("of one video | 21 s, counted | 2 h, counted | 2 h in 1080p, computed", rows)


def hosted_table() -> str:
    """Return what hosted services ask, with sources."""
    return _table(
        "service | USD for 1,000 min | how, and from where",
        [f"{each.name} | {each.usd:.2f} | {each.source}" for each in HOSTED],
    )


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands in a page between `<!-- NAME -->` and `<!-- /NAME -->`.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{page.name} has no marks for {name}.")
    page.write_text(before + begin + "\n" + text + "\n\n" + end + after)


def _case_row(case: Case, found: Figures) -> str:
    failed = f", {found.failed} failed" if found.failed else ""
    allowed = f"{case.size.worker_max:,} of {case.size.worker_cpu // 1024} vCPU"
    return (
        f"{case.title} | {allowed} | {found.videos:,}{failed} "
        f"| {_spans(found.wait)} | {_spans(found.ready)} | {found.peak:,} "
        f"| {found.spot_h:,.0f}, {found.on_demand_h:,.0f} | {found.busy:.0%} "
        f"| {found.lost:.2%} | {found.usd_per_1000_min:.2f}"
    )


def _count_row(label: str, values: Sequence[float]) -> str:
    return " | ".join([label, *(f"{value:,.0f}" for value in values)])


def _spans(values: Sequence[float]) -> str:
    return ", ".join(_span(value) for value in values)


def _span(seconds: float) -> str:
    """Return a length of time as a person says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _rough(number: float) -> str:
    """Return a number to two digits: more are not known."""
    return f"{float(f'{number:.2g}'):,.0f}"


def _table(head: str, rows: Sequence[str]) -> str:
    line = " | ".join("---" for _ in head.split("|"))
    return "\n".join(f"| {row} |" for row in (head, line, *rows))
