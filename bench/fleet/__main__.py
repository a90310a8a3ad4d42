"""`python -m bench.fleet`: simulate the cases, print the table, draw the pictures."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.fleet import cases, counts, pictures, table, times
from bench.fleet.cases import CASES, Case
from bench.fleet.figures import Figures, figures
from bench.fleet.series import series
from bench.results import LATEST

_RESULTS = LATEST.with_name("fleet.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    chosen = _parser().parse_args(arguments)
    measured = times.load()
    found: dict[str, Figures] = {}
    told: dict[str, object] = {}
    for case in CASES:
        if chosen.case and case.name not in chosen.case:
            continue
        begun = time.process_time()
        found[case.name], told[case.name] = _simulated(case, measured)
        spent = time.process_time() - begun
        print(f"{case.name}: {found[case.name].videos} videos in {spent:.1f} s", flush=True)
    _RESULTS.parent.mkdir(exist_ok=True)
    _RESULTS.write_text(json.dumps({name: asdict(each) for name, each in found.items()}, indent=1))
    text = table.cases_table([case for case in CASES if case.name in found], found)
    print(text)
    if chosen.docs:
        if not chosen.case:  # a table of some would take the place of one of all
            table.put(chosen.docs, "cases", text)
        _put_others(chosen.docs, measured)
    if chosen.pictures:
        pictures.draw(chosen.pictures, told)
    return 0


def _put_others(page: Path, measured: times.TaskTimes) -> None:
    """Put the tables that need no simulation into a page."""
    counted = counts.load()
    table.put(page, "workers", table.workers_table(measured))
    table.put(page, "sizes", table.sizes_table(measured))
    table.put(page, "limits", table.limits_table(measured, counted))
    table.put(page, "hosted", table.hosted_table())
    if counted:
        table.put(page, "counts", table.counts_table(counted))


def _simulated(case: Case, measured: times.TaskTimes) -> tuple[Figures, dict[str, object]]:
    arriving, out = cases.run(case, measured)
    busy_s = sum(cases.service_s(measured, case.size, arriving.source_s))
    slots = cases.policy_of(case.size).slots
    found = figures(arriving, busy_s, slots, out, cases.price_of(case.size))
    return found, series(case.title, arriving, out, case.shocks)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument(
        "--case", metavar="NAME", action="append", choices=[case.name for case in CASES],
        help=f"only this; may be repeated: {', '.join(case.name for case in CASES)}",
    )  # fmt: skip
    parser.add_argument(
        "--pictures", metavar="FOLDER", type=Path, help="draw into this folder, such as docs/images"
    )
    parser.add_argument(
        "--docs", metavar="FILE", type=Path,
        help="put the tables into this page, between their marks; with --case, but that of cases",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
