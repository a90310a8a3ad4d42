"""`python -m tests.faults`: play the scenarios as often as it takes to believe them."""

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from pathlib import Path

from tests.faults.play import Ground, play
from tests.faults.scenario import Outcome, Scenario
from tests.faults.scenarios import all_scenarios
from tests.faults.summary import table
from tests.faults.timing import FULL, SMALL
from tests.support.product import PROJECT

_RESULTS = PROJECT / "bench" / "results" / "faults.json"


def main() -> int:
    """Play; the exit status is 1 when an invariant did not hold."""
    known = all_scenarios()
    wanted = _arguments(list(known))
    chosen = [known[name] for name in wanted.only or known]
    results = []
    for scenario in chosen:
        outcome, seconds = _played(scenario, wanted.count or scenario.full_count, wanted)
        _tell(scenario, outcome, wanted.seed, seconds)
        results.append(
            {"id": scenario.id, "title": scenario.title, "seed": wanted.seed,
             "seconds": round(seconds, 1), **asdict(outcome)}
        )  # fmt: skip
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(json.dumps(results, indent=1) + "\n")
    _say("\n" + table(results))
    return 0 if all(each["right"] == each["tried"] > 0 for each in results) else 1


def _arguments(known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=known, metavar="ID", help=", ".join(known))
    parser.add_argument("--count", type=int, help="tries, instead of each scenario's own number")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--small", action="store_true", help="be as impatient as the tests are")
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where the results go")
    return parser.parse_args()


def _played(scenario: Scenario, count: int, wanted: argparse.Namespace) -> tuple[Outcome, float]:
    timing = SMALL if wanted.small else FULL
    _say(f"{scenario.id} {scenario.title}: {count} tries, seed {wanted.seed} ...")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as directory:
        ground = Ground.under(Path(directory))
        with ground.stack:
            try:
                outcome = play(ground, scenario, tries=count, timing=timing, seed=wanted.seed)
            except Exception as error:  # noqa: BLE001 - a try could not be made: told, and no success
                why = "".join(traceback.format_exception_only(error)).strip()
                outcome = Outcome(0, 0, None, (f"it broke off: {why}",))
    return outcome, time.monotonic() - began


def _tell(scenario: Scenario, outcome: Outcome, seed: int, seconds: float) -> None:
    worst = outcome.worst_recovery_s
    recovery = "" if worst is None else f", worst recovery {worst:.1f} s"
    _say(
        f"{scenario.id} tried {outcome.tried}: right {outcome.right}{recovery}, "
        f"seed {seed}, {seconds:.0f} s"
    )
    for note in outcome.notes:
        _say(f"    {note}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
