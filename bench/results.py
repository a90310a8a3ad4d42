"""The file of results and the table."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.errors import MeasureError
from bench.measure import Measured
from bench.targets import TARGETS, Target
from embedded.ffmpeg import find_tools

LATEST = Path(__file__).with_name("results") / "latest.json"


def load(path: Path = LATEST) -> dict[str, Any]:
    """Return the results of earlier runs; empty when there are none.

    Raises:
        MeasureError: the file is damaged.
    """
    try:
        results = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        results = None
    if not isinstance(results, dict):
        raise MeasureError(f"{path.name} is damaged; remove bench/results and measure again.")
    return results


def merged(
    earlier: dict[str, Any], name: str, measured: Measured, run: dict[str, Any]
) -> dict[str, Any]:
    """Return the results with those of one measure put in their place.

    Figures lie on the top level; `runs` tells of each measure when and how it was made and which
    keys are its own, `samples` holds what the figures were computed from.
    """
    runs, samples = dict(earlier.get("runs", {})), dict(earlier.get("samples", {}))
    stale = set(runs.get(name, {}).get("keys", ())) - measured.figures.keys()
    kept = {key: value for key, value in earlier.items() if key not in stale}
    runs[name] = {**run, "keys": list(measured.figures), "notes": list(measured.notes)}
    samples[name] = measured.samples
    figures = {key: round(value, 4) for key, value in measured.figures.items()}
    today = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        **kept,
        "date": today,
        "machine": machine(),
        **figures,
        "runs": runs,
        "samples": samples,
    }


def save(results: dict[str, Any], path: Path = LATEST) -> None:
    """Write the results, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    staged = path.with_suffix(".new")
    staged.write_text(json.dumps(results, indent=1) + "\n")
    staged.replace(path)


def machine() -> dict[str, Any]:
    """Return what a reader must know about the machine; no names and no paths."""
    banner = subprocess.run(
        [find_tools().ffmpeg, "-version"], capture_output=True, text=True, check=True
    )
    return {
        "cores": len(os.sched_getaffinity(0)),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "ffmpeg": banner.stdout.split()[2],
    }


def show(results: dict[str, Any]) -> None:
    """Print every figure with its bounds."""
    table = Table("key", "value", "must", "aim", "ok")
    for name, run in results.get("runs", {}).items():
        quick = ", quick: not a measurement" if run["quick"] else ""
        table.add_section()
        table.add_row(f"[bold]{name}[/bold] {run['date']}{quick}")
        for key in sorted(run["keys"], key=_place):
            table.add_row(*_cells(key, results[key]))
    console = Console()
    console.print(table)
    for name, run in results.get("runs", {}).items():
        for note in run["notes"]:
            console.print(f"{name}: {note}", highlight=False)


def _place(key: str) -> int:
    return list(TARGETS).index(key) if key in TARGETS else len(TARGETS)


def _cells(key: str, value: float) -> tuple[str, ...]:
    target = TARGETS.get(key, Target())
    verdict = {True: "yes", False: "[red]NO[/red]", None: ""}[target.holds(value)]
    sign = ">=" if target.higher else "<="
    bounds = ("" if bound is None else f"{sign} {bound:g}" for bound in (target.must, target.aim))
    return (f"  {key}", f"{value:.4g}", *bounds, verdict)
